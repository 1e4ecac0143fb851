import { InMemorySessionStore, type SessionKey, type SessionStore } from '@anthropic-ai/claude-agent-sdk'
import fc from 'fast-check'
import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { MemoryStorage, SqliteStorage } from '../../src/index.ts'
import type { LazyStorage } from '../../src/compose/storage/lazy-storage.ts'
import { temporaryDirectories } from '../stores/temporary-directory.ts'

const newDirectory = temporaryDirectories()

const projects = ['-work-app', '-work', 'tenant 7'] as const
const key = fc.record(
  {
    projectKey: fc.constantFrom(...projects),
    sessionId: fc.constantFrom('one', 'two'),
    subpath: fc.constantFrom('subagents/agent-1', 'subagents/workflows/run-1/agent-2'),
  },
  { requiredKeys: ['projectKey', 'sessionId'] },
)
const entry = fc.oneof(
  fc.record({ type: fc.constant('custom-title'), customTitle: fc.string() }),
  fc.record({ type: fc.constant('tag'), tag: fc.string() }),
  fc
    .record({ text: fc.string({ unit: 'binary' }), uuid: fc.nat().map(() => randomUUID()) })
    .map(({ text, uuid }) => ({ type: 'user', uuid, parentUuid: null, message: { role: 'user', content: text } })),
)
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('append' as const), key, entries: fc.array(entry, { maxLength: 4 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), key }) },
)
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

/** All that can be seen of a store, but the times. */
async function contentOf(store: SessionStore): Promise<unknown> {
  const projectsSeen = projects.map(async (projectKey) => {
    const sessions = (await store.listSessions!(projectKey)).map(({ sessionId }) => sessionId).toSorted()
    const summaries = await store.listSessionSummaries!(projectKey)
    const parts = ['one', 'two'].map(async (sessionId) => {
      const main: SessionKey = { projectKey, sessionId }
      const subpaths = (await store.listSubkeys!(main)).toSorted()
      const loaded = [main, ...subpaths.map((subpath) => ({ ...main, subpath }))].map((part) => store.load(part))
      return { sessionId, subpaths, loaded: await Promise.all(loaded) }
    })
    const data = Object.fromEntries(summaries.map((summary) => [summary.sessionId, summary.data]))
    return { projectKey, sessions, data, parts: await Promise.all(parts) }
  })
  // Both give back what JSON keeps.
  return JSON.parse(JSON.stringify(await Promise.all(projectsSeen)))
}

test.each<[string, number, () => LazyStorage]>([
  ['memory', 150, () => new MemoryStorage()],
  ['SQLite', 25, () => new SqliteStorage({ dataDirectory: newDirectory() })],
])('a session store on %s behaves as the one that the Agent SDK has for tests', async (_, numRuns, newStorage) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps: Step[]) => {
      const storage = newStorage()
      const model = new InMemorySessionStore()
      try {
        for (const one of steps) {
          for (const store of [model, storage.sessionStore]) {
            if (one.do === 'delete') await store.delete(one.key)
            // Its model takes an append of nothing for a write.
            else if (one.entries.length > 0) await store.append(one.key, one.entries)
          }
        }
        expect(await contentOf(storage.sessionStore)).toEqual(await contentOf(model))
      } finally {
        await storage.close()
      }
    }),
    { numRuns },
  )
})
