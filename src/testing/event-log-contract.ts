import { describe, expect, it } from 'vitest'
import { newSessionId } from '../domain/ids.ts'
import type { EventDraft } from '../domain/session-event.ts'
import {
  codeOf,
  foreignScopes,
  newSession,
  sampleEvent,
  sampleEvents,
  sampleInput,
  take,
  withStorage,
  type StorageUnderTest,
} from './contract-samples.ts'

/** What every event log must keep, apart from live subscriptions. */
export function eventLogContract(backend: StorageUnderTest): void {
  describe('event log: appending', () => appendContract(backend))
  describe('event log: fences', () => fenceContract(backend))
  describe('event log: content', () => contentContract(backend))
  describe('event log: reading and deleting', () => readContract(backend))
}

function appendContract(backend: StorageUnderTest): void {
  it(
    'numbers events from 1 in the order they were given',
    withStorage(backend, async (stores) => {
      const session = await newSession(stores)
      const drafts = sampleEvents(120)
      expect(await stores.events.head(session)).toBe(0)
      const appended = await stores.events.append(session, drafts, { fence: 0 })
      expect(appended).toEqual(drafts.map((draft, index) => ({ ...draft, sequence: index + 1 })))
      expect(await stores.events.read(session)).toEqual(appended)
      expect(await stores.events.head(session)).toBe(120)
    }),
  )

  it(
    'leaves no gap under concurrent appends to several sessions',
    withStorage(backend, async (stores) => {
      const sessions = [await newSession(stores), await newSession(stores), await newSession(stores)]
      const appends = Array.from({ length: 90 }, (_, index) =>
        stores.events.append(sessions[index % 3]!, sampleEvents((index % 4) + 1), { fence: 0 }),
      )
      const appended = await Promise.all(appends)
      for (const [index, session] of sessions.entries()) {
        const expected = appended.filter((_, at) => at % 3 === index).flat()
        expect(await stores.events.read(session)).toEqual(expected)
        expect(expected.map((event) => event.sequence)).toEqual(expected.map((_, at) => at + 1))
      }
    }),
  )

  it(
    'returns an event that is already there as it is stored, and appends it once',
    withStorage(backend, async (stores) => {
      const session = await newSession(stores)
      const [first, second, third] = [sampleEvent('first'), sampleEvent('second'), sampleEvent('third')]
      await stores.events.append(session, [first, second], { fence: 0 })
      const changed = { ...second, processed_at: '2027-01-01T00:00:00.000Z' } as EventDraft
      const again = await stores.events.append(session, [changed, third, third], { fence: 0 })
      expect(again).toEqual([
        { ...second, sequence: 2 },
        { ...third, sequence: 3 },
        { ...third, sequence: 3 },
      ])
      expect(await stores.events.head(session)).toBe(3)
    }),
  )

  it(
    'keeps the first of two that one append gives under the same id',
    withStorage(backend, async (stores) => {
      const session = await newSession(stores)
      const first = sampleEvent('first')
      const second = { ...sampleEvent('second'), id: first.id }
      const expected = { ...first, sequence: 1 }
      expect(await stores.events.append(session, [first, second], { fence: 0 })).toEqual([expected, expected])
      expect(await stores.events.read(session)).toEqual([expected])
    }),
  )

  it(
    'gives the same event id a place in each session',
    withStorage(backend, async (stores) => {
      const [one, other] = [await newSession(stores), await newSession(stores)]
      const draft = sampleEvent()
      await stores.events.append(one, [draft], { fence: 0 })
      await stores.events.append(other, [sampleEvent(), draft], { fence: 0 })
      expect((await stores.events.read(other))[1]).toEqual({ ...draft, sequence: 2 })
    }),
  )

  it(
    'takes inputs out of the inbox in the same commit, and not when it refuses',
    withStorage(backend, async (stores) => {
      const session = await newSession(stores)
      const [taken, kept] = [sampleInput('one'), sampleInput('two')]
      await stores.inbox.put(session, taken)
      await stores.inbox.put(session, kept)
      await stores.events.append(session, [taken], { fence: 2, takenFromInbox: [taken.id] })
      expect((await stores.inbox.list(session)).map(({ input }) => input.id)).toEqual([kept.id])
      const stale = stores.events.append(session, [kept], { fence: 1, takenFromInbox: [kept.id] })
      expect(await codeOf(stale)).toBe('lease_lost')
      expect((await stores.inbox.list(session)).map(({ input }) => input.id)).toEqual([kept.id])
    }),
  )

  it(
    'refuses a session that does not exist, without harm to those that wait with it',
    withStorage(backend, async (stores) => {
      const session = await newSession(stores)
      const [before, unknown, after] = await Promise.allSettled([
        stores.events.append(session, [sampleEvent()], { fence: 0 }),
        stores.events.append(newSessionId(), [sampleEvent()], { fence: 0 }),
        stores.events.append(session, [sampleEvent()], { fence: 0 }),
      ])
      expect(unknown).toMatchObject({ status: 'rejected', reason: { code: 'session_not_found' } })
      expect(before.status).toBe('fulfilled')
      expect(after).toMatchObject({ status: 'fulfilled', value: [{ sequence: 2 }] })
    }),
  )
}

function fenceContract(backend: StorageUnderTest): void {
  it(
    'refuses a fence lower than the highest that has written',
    withStorage(backend, async (stores) => {
      const session = await newSession(stores)
      await stores.events.append(session, [sampleEvent()], { fence: 5 })
      expect(await codeOf(stores.events.append(session, [sampleEvent()], { fence: 4 }))).toBe('lease_lost')
      await stores.events.append(session, [sampleEvent()], { fence: 5 })
      expect(await stores.events.head(session)).toBe(2)
    }),
  )

  it(
    'refuses the old driver as soon as another has the lease, even for what is already stored',
    withStorage(backend, async (stores) => {
      const session = await newSession(stores)
      const owner = { host: 'machine', processId: 1, startedAt: 'then', runId: 'run' }
      const old = await stores.leases.acquire(session, { owner, ttlMs: 60_000 })
      const draft = sampleEvent()
      await stores.events.append(session, [draft], { fence: old.fence })
      await stores.leases.release(old)
      await stores.leases.acquire(session, { owner, ttlMs: 60_000 })
      expect(await codeOf(stores.events.append(session, [draft], { fence: old.fence }))).toBe('lease_lost')
      expect(await codeOf(stores.events.append(session, [], { fence: old.fence }))).toBe('lease_lost')
    }),
  )

  it(
    'remembers the fence of a deleted session for one made anew under its id',
    withStorage(backend, async (stores) => {
      const record = { ...(await stores.sessions.get(await newSession(stores)))! }
      await stores.events.append(record.id, [sampleEvent()], { fence: 7 })
      await stores.sessions.delete(record.id)
      await stores.sessions.create(record)
      const owner = { host: 'machine', processId: 1, startedAt: 'then', runId: 'run' }
      expect((await stores.leases.acquire(record.id, { owner, ttlMs: 60_000 })).fence).toBe(8)
      expect(await codeOf(stores.events.append(record.id, [sampleEvent()], { fence: 7 }))).toBe('lease_lost')
    }),
  )
}

function contentContract(backend: StorageUnderTest): void {
  const texts = {
    'more than 64 KiB': 'x'.repeat(70_000),
    'more than 64 KiB in bytes only': '語'.repeat(25_000),
    'a megabyte of mixed script': 'aé語🜁'.repeat(110_000),
    'odd characters': '\u0000\u0001\u2028\u2029\ufeff\\"\' 🜁 e\u0301 \u202e',
    'lone surrogates': `a\ud800b\udc00c`,
    nothing: '',
  }
  it.each(Object.entries(texts))('keeps %s exactly', (_name, text) =>
    withStorage(backend, async (stores) => {
      const session = await newSession(stores)
      const draft = sampleEvent(text)
      const appended = await stores.events.append(session, [sampleEvent('before'), draft], { fence: 0 })
      const expected = { ...draft, sequence: 2 }
      expect(appended[1]).toEqual(expected)
      expect((await stores.events.read(session, { after: 1 }))[0]).toEqual(expected)
      expect((await take(stores.events.subscribe(session, { after: 1 }), 1))[0]).toEqual(expected)
      expect((await stores.events.append(session, [draft], { fence: 0 }))[0]).toEqual(expected)
    })(),
  )

  it(
    'keeps a large payload as long as any session refers to it',
    withStorage(backend, async (stores) => {
      const [one, other] = [await newSession(stores), await newSession(stores)]
      const draft = sampleEvent('y'.repeat(100_000))
      await stores.events.append(one, [draft], { fence: 0 })
      await stores.events.append(other, [draft], { fence: 0 })
      await stores.sessions.delete(one)
      expect(await stores.events.read(other)).toEqual([{ ...draft, sequence: 1 }])
    }),
  )

  it(
    'keeps events of a type it does not know, with all their fields',
    withStorage(backend, async (stores) => {
      const session = await newSession(stores)
      const unknown = { ...sampleEvent(), type: 'agent.from_the_future', deep: { list: [1, null, { a: 'b' }] } }
      await stores.events.append(session, [unknown as unknown as EventDraft], { fence: 0 })
      expect(await stores.events.read(session)).toEqual([{ ...unknown, sequence: 1 }])
    }),
  )

  it(
    'is not changed by what callers do to the objects they gave or got',
    withStorage(backend, async (stores) => {
      const session = await newSession(stores)
      const draft = { ...sampleEvent('as it was') }
      const expected = { ...structuredClone(draft), sequence: 1 }
      const [appended] = await stores.events.append(session, [draft], { fence: 0 })
      Object.assign(draft, { content: [] })
      Object.assign(appended!, { content: [] })
      expect(await stores.events.read(session)).toEqual([expected])
    }),
  )
}

function readContract(backend: StorageUnderTest): void {
  it(
    'reads from, up to, a number of, and only some types of events',
    withStorage(backend, async (stores) => {
      const session = await newSession(stores)
      const drafts = [...sampleEvents(4), sampleInput(), ...sampleEvents(3), sampleInput()]
      await stores.events.append(session, drafts, { fence: 0 })
      const sequences = async (options: Parameters<typeof stores.events.read>[1]) =>
        (await stores.events.read(session, options)).map((event) => event.sequence)
      expect(await sequences({ after: 7 })).toEqual([8, 9])
      expect(await sequences({ after: 2, upTo: 4 })).toEqual([3, 4])
      expect(await sequences({ limit: 2 })).toEqual([1, 2])
      expect(await sequences({ limit: 0 })).toEqual([])
      expect(await sequences({ after: 7, limit: Infinity, upTo: Infinity })).toEqual([8, 9])
      expect(await sequences({ after: 99 })).toEqual([])
      expect(await sequences({ types: ['user.message'] })).toEqual([5, 9])
      expect(await sequences({ types: ['user.message'], limit: 1, after: 5 })).toEqual([9])
      expect(await sequences({ types: [] })).toEqual([])
    }),
  )

  it(
    'has nothing for a session that does not exist',
    withStorage(backend, async (stores) => {
      expect(await stores.events.read(newSessionId())).toEqual([])
      expect(await stores.events.head(newSessionId())).toBe(0)
    }),
  )

  it(
    'starts again from 1 after its events were deleted',
    withStorage(backend, async (stores) => {
      const session = await newSession(stores)
      const draft = sampleEvent('z'.repeat(100_000))
      await stores.events.append(session, [sampleEvent(), draft], { fence: 0 })
      await stores.events.delete(session)
      expect(await stores.events.read(session)).toEqual([])
      expect(await stores.events.head(session)).toBe(0)
      expect(await stores.events.append(session, [draft], { fence: 0 })).toEqual([{ ...draft, sequence: 1 }])
    }),
  )

  it(
    'is closed to other workspaces in every method',
    withStorage(backend, async (stores, storage) => {
      const record = (await stores.sessions.get(await newSession(stores)))!
      const [own] = await stores.events.append(record.id, [sampleEvent('own')], { fence: 3 })
      for (const scope of foreignScopes) {
        const { events, sessions } = storage.workspace(scope)
        expect(await events.read(record.id)).toEqual([])
        expect(await events.head(record.id)).toBe(0)
        expect(await take(events.subscribe(record.id), 1)).toEqual([])
        expect(await codeOf(events.append(record.id, [sampleEvent()], { fence: 9 }))).toBe('session_not_found')
        await events.delete(record.id)
        // The same id may stand in two workspaces, with nothing in common.
        await sessions.create(record)
        await events.append(record.id, [sampleEvent('foreign'), sampleEvent('foreign')], { fence: 1 })
        await sessions.delete(record.id)
      }
      expect(await stores.events.read(record.id)).toEqual([own])
    }),
  )
}
