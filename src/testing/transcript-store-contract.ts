import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { newSessionId } from '../domain/ids.ts'
import type { JsonValue } from '../domain/json-value.ts'
import type { TranscriptEntry } from '../ports/transcript-store.ts'
import {
  codeOf,
  foreignScopes,
  newSession,
  pause,
  sampleOwner,
  withStorage,
  type StorageUnderTest,
} from './contract-samples.ts'

const entry = (text: string): TranscriptEntry => ({ type: 'user', uuid: randomUUID(), message: { text } })
const unnamed = (text: string): TranscriptEntry => ({ type: 'queue-operation', text })

/** What every transcript store must keep. */
export function transcriptStoreContract(backend: StorageUnderTest): void {
  describe('transcripts: content', () => contentContract(backend))
  describe('transcripts: lists and summaries', () => listContract(backend))
  describe('transcripts: fences and sessions', () => ownershipContract(backend))
}

function contentContract(backend: StorageUnderTest): void {
  it(
    'gives back all entries in order, and null for a key never written',
    withStorage(backend, async ({ transcripts }) => {
      const key = { agentSessionId: randomUUID() }
      expect(await transcripts.load(key)).toBeNull()
      await transcripts.append(key, [])
      expect(await transcripts.load(key)).toBeNull()
      const entries = Array.from({ length: 130 }, (_, index) => entry(`entry ${index}`))
      await transcripts.append(key, entries.slice(0, 3))
      await transcripts.append(key, entries.slice(3))
      expect(await transcripts.load(key)).toEqual(entries)
    }),
  )

  it(
    'keeps an entry with a known uuid once, and every entry without one',
    withStorage(backend, async ({ transcripts }) => {
      const key = { agentSessionId: randomUUID() }
      const [one, two] = [entry('one'), entry('two')]
      await transcripts.append(key, [one, unnamed('a')])
      await transcripts.append(key, [{ ...one, message: 'changed' }, unnamed('a'), two, two])
      expect(await transcripts.load(key)).toEqual([one, unnamed('a'), unnamed('a'), two])
    }),
  )

  it(
    'keeps large entries and odd characters exactly',
    withStorage(backend, async ({ transcripts }) => {
      const key = { agentSessionId: randomUUID() }
      const entries = [entry('x'.repeat(200_000)), entry('\u0000\u2028🜁\ud800'), unnamed('語'.repeat(50_000))]
      await transcripts.append(key, entries)
      expect(await transcripts.load(key)).toEqual(entries)
    }),
  )

  it(
    'keeps the parts of a conversation apart and lists them',
    withStorage(backend, async ({ transcripts }) => {
      const agentSessionId = randomUUID()
      const shared = entry('the same uuid in each part')
      await transcripts.append({ agentSessionId, subpath: 'subagents/agent-2' }, [shared])
      await transcripts.append({ agentSessionId }, [shared, entry('main')])
      await transcripts.append({ agentSessionId, subpath: 'subagents/agent-1' }, [shared])
      expect(await transcripts.listSubpaths(agentSessionId)).toEqual(['subagents/agent-1', 'subagents/agent-2'])
      expect(await transcripts.load({ agentSessionId })).toHaveLength(2)
      await transcripts.delete({ agentSessionId, subpath: 'subagents/agent-2' })
      expect(await transcripts.listSubpaths(agentSessionId)).toEqual(['subagents/agent-1'])
      expect(await transcripts.load({ agentSessionId, subpath: 'subagents/agent-2' })).toBeNull()
      await transcripts.delete({ agentSessionId })
      expect(await transcripts.listSubpaths(agentSessionId)).toEqual([])
      expect(await transcripts.load({ agentSessionId })).toBeNull()
    }),
  )

  it(
    'lists conversations, the last written first',
    withStorage(backend, async ({ transcripts }) => {
      const [one, two] = [randomUUID(), randomUUID()]
      await transcripts.append({ agentSessionId: one }, [entry('a')])
      await pause(5)
      await transcripts.append({ agentSessionId: two }, [entry('b')])
      await pause(5)
      await transcripts.append({ agentSessionId: one, subpath: 'subagents/agent-1' }, [entry('c')])
      const listed = await transcripts.list()
      expect(listed.map(({ agentSessionId }) => agentSessionId)).toEqual([one, two])
      expect(listed[0]!.updatedAt.getTime()).toBeGreaterThan(listed[1]!.updatedAt.getTime())
      await transcripts.delete({ agentSessionId: two })
      expect((await transcripts.list()).map(({ agentSessionId }) => agentSessionId)).toEqual([one])
    }),
  )

  it(
    'keeps concurrent appends whole and in order',
    withStorage(backend, async ({ transcripts }) => {
      const key = { agentSessionId: randomUUID() }
      const entries = Array.from({ length: 60 }, (_, index) => [entry(`${index} a`), entry(`${index} b`)])
      await Promise.all(entries.map((pair) => transcripts.append(key, pair)))
      expect(await transcripts.load(key)).toEqual(entries.flat())
    }),
  )

  it(
    'is closed to other workspaces in every method',
    withStorage(backend, async ({ transcripts }, storage) => {
      const [agentSessionId, subpath] = [randomUUID(), 'subagents/agent-1']
      const own = [entry('own')]
      await transcripts.append({ agentSessionId }, own, { fence: 5 })
      await transcripts.append({ agentSessionId, subpath }, own, { fence: 5 })
      for (const scope of foreignScopes) {
        const foreign = storage.workspace(scope).transcripts
        expect(await foreign.load({ agentSessionId })).toBeNull()
        expect(await foreign.listSubpaths(agentSessionId)).toEqual([])
        expect(await foreign.list()).toEqual([])
        await foreign.append({ agentSessionId }, [entry('foreign')], { fence: 1 })
        await foreign.delete({ agentSessionId })
      }
      expect(await transcripts.load({ agentSessionId })).toEqual(own)
      expect(await transcripts.load({ agentSessionId, subpath })).toEqual(own)
    }),
  )
}

function listContract(backend: StorageUnderTest): void {
  it(
    'lists by the beginning of the id, and only what has a main part',
    withStorage(backend, async ({ transcripts }) => {
      const ids = ['-work-app/one', '-work-app/two', '-work-app-2/one', '-work_app/one', '-work-app', '%/*/語']
      for (const agentSessionId of ids) await transcripts.append({ agentSessionId }, [entry(agentSessionId)])
      await transcripts.append({ agentSessionId: '-work-app/three', subpath: 'subagents/agent-1' }, [entry('part')])
      const listed = async (prefix?: string): Promise<string[]> => {
        const rows = await transcripts.list(prefix === undefined ? {} : { prefix })
        return rows.map(({ agentSessionId }) => agentSessionId).toSorted()
      }
      expect(await listed()).toEqual(ids.toSorted())
      expect(await listed('-work-app/')).toEqual(['-work-app/one', '-work-app/two'])
      expect(await listed('-work-app')).toEqual(ids.filter((id) => id.startsWith('-work-app')).toSorted())
      expect(await listed('%/')).toEqual(['%/*/語'])
      expect(await listed('-work-app/nine')).toEqual([])
    }),
  )

  it(
    'does not take the part of one conversation for another conversation',
    withStorage(backend, async ({ transcripts }) => {
      const [whole, part] = [entry('whole'), entry('part')]
      await transcripts.append({ agentSessionId: 'project/one' }, [whole])
      await transcripts.append({ agentSessionId: 'project', subpath: 'one' }, [part])
      expect(await transcripts.load({ agentSessionId: 'project/one' })).toEqual([whole])
      await transcripts.delete({ agentSessionId: 'project' })
      expect(await transcripts.load({ agentSessionId: 'project', subpath: 'one' })).toBeNull()
      expect(await transcripts.load({ agentSessionId: 'project/one' })).toEqual([whole])
    }),
  )

  it(
    'keeps a summary as each append makes it of the one before',
    withStorage(backend, async ({ transcripts }) => {
      const key = { agentSessionId: randomUUID() }
      const summaryNow = async (): Promise<JsonValue | null> => (await transcripts.list())[0]!.summary
      await transcripts.append(key, [entry('a')])
      expect(await summaryNow()).toBeNull()
      const first = { title: '\u0000語\ud800', tags: ['a', null, 1.5, true], nested: { empty: {} } }
      await transcripts.append(key, [entry('b')], { summarize: (previous) => ({ previous, next: first }) })
      expect(await summaryNow()).toEqual({ previous: null, next: first })
      await transcripts.append(key, [entry('c')])
      await transcripts.append({ ...key, subpath: 'subagents/agent-1' }, [entry('d')])
      expect(await summaryNow()).toEqual({ previous: null, next: first })
      await transcripts.append(key, [entry('e')], { summarize: (previous) => [previous, 'last'] })
      expect(await summaryNow()).toEqual([{ previous: null, next: first }, 'last'])
      await transcripts.append(key, [], { summarize: () => 'never asked' })
      expect(await summaryNow()).toEqual([{ previous: null, next: first }, 'last'])
    }),
  )

  it(
    'writes nothing when the summary cannot be made',
    withStorage(backend, async ({ transcripts }) => {
      const key = { agentSessionId: randomUUID() }
      const summarize = (): never => {
        throw new Error('no summary')
      }
      await expect(transcripts.append(key, [entry('a')], { summarize })).rejects.toThrow()
      expect(await transcripts.load(key)).toBeNull()
      expect(await transcripts.list()).toEqual([])
    }),
  )

  it(
    'loses no summary of concurrent appends, and none of a deleted conversation comes back',
    withStorage(backend, async (stores) => {
      const { transcripts } = stores
      const sessionId = await newSession(stores)
      const key = { agentSessionId: randomUUID() }
      const count = (previous: JsonValue | null): number => (typeof previous === 'number' ? previous + 1 : 1)
      const append = (index: number): Promise<void> => {
        const claim = index % 2 === 0 ? { sessionId, fence: 1 } : { fence: 1 }
        return transcripts.append(key, [entry(`${index}`)], { ...claim, summarize: count })
      }
      await Promise.all(Array.from({ length: 40 }, (_, index) => append(index)))
      expect((await transcripts.list())[0]).toMatchObject({ ...key, summary: 40 })
      await transcripts.delete(key)
      expect(await transcripts.list()).toEqual([])
      await append(0)
      expect((await transcripts.list())[0]).toMatchObject({ ...key, summary: 1 })
    }),
  )
}

function ownershipContract(backend: StorageUnderTest): void {
  it(
    'fences a conversation that no session drives by itself',
    withStorage(backend, async ({ transcripts }) => {
      const key = { agentSessionId: randomUUID() }
      await transcripts.append(key, [entry('a')], { fence: 3 })
      expect(await codeOf(transcripts.append(key, [entry('b')], { fence: 2 }))).toBe('lease_lost')
      expect(await codeOf(transcripts.append(key, [entry('b')]))).toBe('lease_lost')
      await transcripts.append(key, [entry('c')], { fence: 3 })
      expect(await transcripts.load(key)).toHaveLength(2)
    }),
  )

  it.each(['named at the append', 'known from its record'])('refuses a driver that lost the session, %s', (how) =>
    withStorage(backend, async (stores) => {
      const sessionId = await newSession(stores)
      const key = { agentSessionId: randomUUID(), subpath: 'subagents/agent-1' }
      const old = await stores.leases.acquire(sessionId, { owner: sampleOwner(), ttlMs: 60_000 })
      const claim = how === 'named at the append' ? { sessionId } : {}
      if (how === 'known from its record') {
        await stores.sessions.update(sessionId, { agentSessionId: key.agentSessionId, fence: old.fence })
      }
      await stores.transcripts.append(key, [entry('a')], { ...claim, fence: old.fence })
      await stores.leases.release(old)
      await stores.leases.acquire(sessionId, { owner: sampleOwner(2), ttlMs: 60_000 })
      // The new driver has written nothing yet; taking the lease is enough.
      const late = stores.transcripts.append(key, [entry('late')], { fence: old.fence })
      expect(await codeOf(late)).toBe('lease_lost')
      expect(await stores.transcripts.load(key)).toHaveLength(1)
    })(),
  )

  it(
    'removes all conversations of a session with it, and lets its driver write none again',
    withStorage(backend, async (stores) => {
      const sessionId = await newSession(stores)
      const [first, second, other] = [randomUUID(), randomUUID(), randomUUID()]
      await stores.transcripts.append({ agentSessionId: first }, [entry('a')], { sessionId, fence: 1 })
      await stores.sessions.update(sessionId, { agentSessionId: second })
      await stores.transcripts.append({ agentSessionId: second, subpath: 'subagents/x' }, [entry('b')], { fence: 1 })
      await stores.transcripts.append({ agentSessionId: other }, [entry('c')])
      await stores.sessions.delete(sessionId)
      expect(await stores.transcripts.load({ agentSessionId: first })).toBeNull()
      expect(await stores.transcripts.listSubpaths(second)).toEqual([])
      expect((await stores.transcripts.list()).map(({ agentSessionId }) => agentSessionId)).toEqual([other])
      const late = stores.transcripts.append({ agentSessionId: first }, [entry('late')], { sessionId, fence: 1 })
      expect(await codeOf(late)).toBe('session_not_found')
    }),
  )

  it(
    'refuses a session that does not exist',
    withStorage(backend, async ({ transcripts }) => {
      const key = { agentSessionId: randomUUID() }
      const append = transcripts.append(key, [entry('a')], { sessionId: newSessionId(), fence: 1 })
      expect(await codeOf(append)).toBe('session_not_found')
      expect(await transcripts.load(key)).toBeNull()
    }),
  )
}
