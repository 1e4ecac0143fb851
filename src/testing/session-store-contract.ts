import { describe, expect, it } from 'vitest'
import type { CompleteSessionStore, SessionKey } from '../agents/claude/project-session-store.ts'
import { foreignScopes, scopeA, type StorageUnderTest } from './contract-samples.ts'
import { conversation, named, newKey, sessionStoreOf, unnamed, withSessionStores } from './session-store-samples.ts'

/** What every storage must keep as a session store of the bare Agent SDK. */
export function sessionStoreContract(backend: StorageUnderTest): void {
  describe('session store: entries', () => entriesContract(backend))
  describe('session store: projects and workspaces', () => isolationContract(backend))
  describe('session store: lists and summaries', () => listContract(backend))
  describe('session store: deletion', () => deletionContract(backend))
  describe('session store: sessions of Perdure', () => perdureContract(backend))
}

const sub = (key: SessionKey, name = 'agent-1'): SessionKey => ({ ...key, subpath: `subagents/${name}` })

function entriesContract(backend: StorageUnderTest): void {
  it(
    'gives back what was appended, in order, to any process',
    withSessionStores(backend, async (store, other) => {
      const key = newKey()
      const entries = [named({ n: 1 }), unnamed({ n: 2 }), named({ nested: { empty: {}, text: '\u0000語\ud800' } })]
      await store.append(key, entries.slice(0, 1))
      await other.append(key, [])
      await other.append(key, entries.slice(1))
      expect(await store.load(key)).toEqual(entries)
      expect(await other.load(key)).toEqual(entries)
    }),
  )

  it(
    'has null for what was never written',
    withSessionStores(backend, async (store) => {
      const key = newKey()
      expect(await store.load(key)).toBeNull()
      expect(await store.listSubkeys(key)).toEqual([])
      await store.append(key, [])
      expect(await store.load(key)).toBeNull()
      await store.append(key, [named()])
      expect(await store.load(sub(key))).toBeNull()
      expect(await store.listSubkeys(key)).toEqual([])
    }),
  )

  it(
    'keeps an entry that is sent again once, and every entry without an id',
    withSessionStores(backend, async (store, other) => {
      const key = newKey()
      const batch = [named({ n: 1 }), unnamed(), named({ n: 2 })]
      await store.append(key, batch)
      await other.append(key, batch)
      expect(await store.load(key)).toEqual([...batch, unnamed()])
    }),
  )

  it(
    'takes batches of any size',
    withSessionStores(backend, async (store) => {
      const key = newKey()
      const entries = Array.from({ length: 1205 }, (_, n) => (n % 7 === 0 ? unnamed({ n }) : named({ n })))
      for (const [start, end] of [
        [0, 1],
        [1, 701],
        [701, 1201],
        [1201, 1205],
      ]) {
        await store.append(key, entries.slice(start, end))
      }
      expect(await store.load(key)).toEqual(entries)
    }),
  )

  it(
    'keeps the parts of a session apart and names them',
    withSessionStores(backend, async (store) => {
      const [key, neighbour] = [newKey(), newKey()]
      const [main, first, second] = [[named()], [named()], [named()]]
      await store.append(sub(key, 'agent-2'), second)
      await store.append(key, main)
      await store.append(sub(key), first)
      await store.append(sub(neighbour, 'agent-9'), [named()])
      expect((await store.listSubkeys(key)).toSorted()).toEqual(['subagents/agent-1', 'subagents/agent-2'])
      expect(await store.load(key)).toEqual(main)
      expect(await store.load(sub(key))).toEqual(first)
      expect(await store.load(sub(key, 'agent-2'))).toEqual(second)
    }),
  )

  it(
    'keeps appends of two processes at the same time whole',
    withSessionStores(backend, async (store, other) => {
      const key = newKey()
      const batches = Array.from({ length: 30 }, (_, n) => [named({ n }), named({ n })])
      await Promise.all(batches.map((batch, n) => (n % 2 === 0 ? store : other).append(key, batch)))
      const loaded = (await store.load(key))!.map((entry) => entry['n'] as number)
      expect(loaded).toHaveLength(60)
      expect(loaded.filter((_, index) => index % 2 === 0)).toEqual(loaded.filter((_, index) => index % 2 === 1))
      expect(loaded.toSorted((a, b) => a - b)).toEqual(batches.flat().map((entry) => entry['n']))
    }),
  )
}

function isolationContract(backend: StorageUnderTest): void {
  it(
    'keeps projects apart, whatever they and their sessions are called',
    withSessionStores(backend, async (store) => {
      const names = ['a', 'a/b', 'a%2Fb', 'b', '', '-work-app', '-work-app-2', 'a b/ü', '../a', '..', 'n'.repeat(300)]
      const keys = names.flatMap((projectKey) =>
        ['b/c', 'c', 'b%2Fc', '%', '..'].map((sessionId): SessionKey => ({ projectKey, sessionId })),
      )
      for (const [n, key] of keys.entries()) await store.append(key, [named({ n })])
      for (const [n, key] of keys.entries()) expect(await store.load(key)).toMatchObject([{ n }])
      for (const projectKey of names) {
        const listed = (await store.listSessions(projectKey)).map(({ sessionId }) => sessionId)
        expect(listed.toSorted()).toEqual(['%', '..', 'b%2Fc', 'b/c', 'c'])
      }
    }),
  )

  it(
    'is closed to other workspaces',
    withSessionStores(backend, async (store, _, storage) => {
      const key = newKey()
      await store.append(key, [named()])
      await store.append(sub(key), [named()])
      for (const scope of foreignScopes) {
        const foreign = sessionStoreOf(storage, scope)
        expect(await foreign.load(key)).toBeNull()
        expect(await foreign.listSubkeys(key)).toEqual([])
        expect(await foreign.listSessions(key.projectKey)).toEqual([])
        expect(await foreign.listSessionSummaries(key.projectKey)).toEqual([])
        await foreign.append(key, [named()])
        await foreign.delete(key)
      }
      expect(await store.load(key)).toHaveLength(1)
      expect(await store.load(sub(key))).toHaveLength(1)
    }),
  )
}

function listContract(backend: StorageUnderTest): void {
  it(
    'lists the sessions of a project with the time of their last append',
    withSessionStores(backend, async (store) => {
      const [one, two, stray] = [newKey(), newKey(), newKey()]
      await store.append(one, [named()])
      await store.append(sub(one), [named()])
      await store.append(two, [named()])
      await store.append(sub(stray), [named()])
      await store.append(newKey('-work-app-2'), [named()])
      const listed = await store.listSessions('-work-app')
      expect(listed.map(({ sessionId }) => sessionId).toSorted()).toEqual([one.sessionId, two.sessionId].toSorted())
      for (const { mtime } of listed) {
        expect(Number.isInteger(mtime)).toBe(true)
        expect(mtime).toBeGreaterThan(1e12)
      }
      expect(await store.listSessions('-work')).toEqual([])
    }),
  )

  it(
    'keeps the summary that the Agent SDK folds of each session',
    withSessionStores(backend, async (store, other) => {
      const key = newKey()
      const talk = conversation(key.sessionId, ['How are you?', 'Fine.'])
      const titled = [unnamed({ type: 'custom-title', customTitle: 'first' }), named({ type: 'tag', tag: 'kept' })]
      const renamed = [unnamed({ type: 'custom-title', customTitle: 'second' })]
      await store.append(key, talk)
      await other.append(key, titled)
      await store.append(sub(key), [unnamed({ type: 'custom-title', customTitle: 'of a sub-agent' })])
      await store.append(key, renamed)
      const [summary, ...others] = await other.listSessionSummaries(key.projectKey)
      expect(others).toEqual([])
      const atOnce = { ...key, projectKey: 'at once' }
      await store.append(atOnce, [...talk, ...titled, ...renamed])
      const [whole] = await store.listSessionSummaries(atOnce.projectKey)
      expect(summary).toMatchObject({ sessionId: key.sessionId, data: whole!.data })
      expect(summary!.data).toMatchObject({ customTitle: 'second', tag: 'kept', firstPrompt: 'How are you?' })
      // The SDK reads the whole session anew where the list is younger than the summary.
      expect(await other.listSessions(key.projectKey)).toEqual([{ sessionId: key.sessionId, mtime: summary!.mtime }])
      expect(await store.listSessionSummaries('-work')).toEqual([])
    }),
  )

  it(
    'has the summary of what came last when two processes append at the same time',
    withSessionStores(backend, async (store, other) => {
      const key = newKey()
      const append = (n: number): Promise<void> =>
        (n % 2 === 0 ? store : other).append(key, [unnamed({ type: 'custom-title', customTitle: `title ${n}` })])
      await Promise.all(Array.from({ length: 20 }, (_, n) => append(n)))
      const entries = (await store.load(key))!
      expect(entries).toHaveLength(20)
      const [summary] = await store.listSessionSummaries(key.projectKey)
      expect(summary!.data['customTitle']).toBe(entries.at(-1)!['customTitle'])
    }),
  )
}

function deletionContract(backend: StorageUnderTest): void {
  it(
    'deletes a session with its parts and nothing else',
    withSessionStores(backend, async (store, other) => {
      const key = newKey()
      const kept: SessionKey[] = [newKey(), { ...key, projectKey: 'other' }]
      for (const one of [key, ...kept]) {
        await store.append(one, [named()])
        await store.append(sub(one), [named()])
      }
      await other.delete(newKey())
      await other.delete(key)
      expect(await store.load(key)).toBeNull()
      expect(await store.load(sub(key))).toBeNull()
      expect(await store.listSubkeys(key)).toEqual([])
      expect((await store.listSessions(key.projectKey)).map(({ sessionId }) => sessionId)).toEqual([kept[0]!.sessionId])
      expect(await store.listSessionSummaries(key.projectKey)).toHaveLength(1)
      for (const one of kept) {
        expect(await store.load(one)).toHaveLength(1)
        expect(await store.listSubkeys(one)).toEqual(['subagents/agent-1'])
      }
    }),
  )

  it(
    'deletes one part alone',
    withSessionStores(backend, async (store) => {
      const key = newKey()
      for (const part of [key, sub(key), sub(key, 'agent-2')]) await store.append(part, [named()])
      await store.delete(sub(key))
      expect(await store.load(sub(key))).toBeNull()
      expect(await store.listSubkeys(key)).toEqual(['subagents/agent-2'])
      expect(await store.load(key)).toHaveLength(1)
      expect(await store.load(sub(key, 'agent-2'))).toHaveLength(1)
    }),
  )

  it(
    'begins anew after a deletion',
    withSessionStores(backend, async (store) => {
      const key = newKey()
      const again = named()
      await store.append(key, [again, unnamed({ type: 'custom-title', customTitle: 'gone' })])
      await store.delete(key)
      await store.append(key, [again])
      expect(await store.load(key)).toEqual([again])
      const [summary] = await store.listSessionSummaries(key.projectKey)
      expect(summary!.data).not.toHaveProperty('customTitle')
    }),
  )
}

function perdureContract(backend: StorageUnderTest): void {
  const readAll = async (store: CompleteSessionStore, key: SessionKey) => [
    await store.load(key),
    await store.load(sub(key)),
    await store.listSubkeys(key),
  ]

  it(
    'reads them by their id from any project, and copies before it appends',
    withSessionStores(backend, async (store, other, storage) => {
      const { transcripts } = storage.workspace(scopeA)
      const key = newKey()
      const { sessionId: agentSessionId } = key
      const talk = conversation(agentSessionId, ['How are you?', 'Fine.'])
      const part = [named(), unnamed()]
      await transcripts.append({ agentSessionId }, talk, { fence: 7 })
      await transcripts.append({ agentSessionId, subpath: 'subagents/agent-1' }, part, { fence: 7 })
      expect(await readAll(store, key)).toEqual([talk, part, ['subagents/agent-1']])
      expect(await readAll(store, { ...key, projectKey: 'any' })).toEqual([talk, part, ['subagents/agent-1']])
      expect(await store.listSessions(key.projectKey)).toEqual([])
      const more = unnamed({ type: 'custom-title', customTitle: 'copied' })
      await Promise.all([store.append(key, [more]), store.append(sub(key), [unnamed()])])
      expect(await readAll(other, key)).toEqual([[...talk, more], [...part, unnamed()], ['subagents/agent-1']])
      expect(await transcripts.load({ agentSessionId })).toEqual(talk)
      const [summary] = await other.listSessionSummaries(key.projectKey)
      expect(summary!.data).toMatchObject({ customTitle: 'copied', firstPrompt: 'How are you?' })
      await other.delete(key)
      expect(await transcripts.load({ agentSessionId })).toEqual(talk)
      expect(await store.listSessions(key.projectKey)).toEqual([])
    }),
  )

  it(
    'does not take a conversation of a project for one',
    withSessionStores(backend, async (store) => {
      const key = newKey()
      await store.append(key, [named()])
      const disguised: SessionKey = { projectKey: 'other', sessionId: `${key.projectKey}/${key.sessionId}` }
      expect(await store.load(disguised)).toBeNull()
      await store.append(disguised, [unnamed()])
      expect(await store.load(disguised)).toEqual([unnamed()])
    }),
  )
}
