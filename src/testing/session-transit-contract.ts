import { describe, expect, it } from 'vitest'
import { newSessionId } from '../domain/ids.ts'
import type { SessionRecord } from '../ports/session-records.ts'
import type { WorkspaceStores } from '../ports/storage.ts'
import {
  codeOf,
  foreignScopes,
  pause,
  sampleEvents,
  sampleInput,
  sampleOwner,
  sampleRecord,
  withStorage,
  type StorageUnderTest,
} from './contract-samples.ts'

/** What every store must keep of sessions that come and go. */
export function sessionTransitContract(backend: StorageUnderTest): void {
  describe('session transit: arriving', () => arrivalContract(backend))
  describe('session transit: departing', () => departureContract(backend))
}

const travelled = (change: Partial<SessionRecord> = {}): SessionRecord => ({
  ...sampleRecord({ title: 'From afar', tags: ['far'], ttlSeconds: 3600 }),
  createdAt: new Date('2026-01-02T03:04:05.006Z'),
  updatedAt: new Date('2026-01-03T03:04:05.006Z'),
  expiresAt: new Date('2026-01-03T04:04:05.006Z'),
  agentSessionId: 'agent-1',
  status: 'running',
  ...change,
})

/** Nobody finds the session, drives it or says anything to it. */
async function expectNobodyFinds(
  { sessions, leases, inbox }: WorkspaceStores,
  sessionId: SessionRecord['id'],
): Promise<void> {
  expect(await sessions.get(sessionId)).toBeNull()
  expect((await sessions.list()).map(({ id }) => id)).not.toContain(sessionId)
  expect(await codeOf(sessions.update(sessionId, { title: 'x' }))).toBe('session_not_found')
  expect(await codeOf(leases.acquire(sessionId, { owner: sampleOwner(), ttlMs: 60_000 }))).toBe('session_not_found')
  expect(await leases.holder(sessionId)).toBeNull()
  expect(await codeOf(inbox.put(sessionId, sampleInput()))).toBe('session_not_found')
}

function arrivalContract(backend: StorageUnderTest): void {
  it(
    'shows nothing of a session before all of it is there, and then all at once',
    withStorage(backend, async (stores) => {
      const { transit, sessions, events, transcripts, inbox, leases } = stores
      const record = travelled()
      const fence = await transit.expect(record)
      const drafts = sampleEvents(3)
      const [first] = await events.append(record.id, drafts, { fence })
      const key = { agentSessionId: 'agent-1' }
      await transcripts.append(key, [{ uuid: 'u1', text: 'hello' }], { sessionId: record.id, fence })
      await expectNobodyFinds(stores, record.id)
      expect(await events.read(record.id)).toHaveLength(3)
      expect(first!.sequence).toBe(1)

      const waiting = [
        { input: sampleInput('one'), priority: 'later' as const },
        { input: sampleInput('two'), priority: 'now' as const },
      ]
      const before = Date.now()
      const arrived = await transit.arrive(record.id, { fence, waiting })
      expect({ ...arrived, expiresAt: null }).toEqual({ ...record, expiresAt: null })
      expect(arrived.expiresAt!.getTime()).toBeGreaterThan(before + 3_500_000)
      expect(await sessions.get(record.id)).toEqual(arrived)
      expect((await sessions.list({ tag: 'far' })).map(({ id }) => id)).toEqual([record.id])
      expect(await inbox.list(record.id)).toEqual(waiting)
      expect((await events.read(record.id)).map(({ id }) => id)).toEqual(drafts.map(({ id }) => id))
      expect(await transcripts.load(key)).toEqual([{ uuid: 'u1', text: 'hello' }])
      const lease = await leases.acquire(record.id, { owner: sampleOwner(), ttlMs: 60_000 })
      expect(lease.fence).toBeGreaterThan(fence)
      expect(await codeOf(transit.arrive(record.id, { fence, waiting }))).toBe('session_not_found')
    }),
  )

  it(
    'begins anew when it is expected again, and whoever brought it before brings no more',
    withStorage(backend, async ({ transit, events, transcripts, sessions }) => {
      const record = travelled({ ttlSeconds: null, expiresAt: null })
      const old = await transit.expect(record)
      await events.append(record.id, sampleEvents(5), { fence: old })
      const key = { agentSessionId: 'agent-1' }
      await transcripts.append(key, [{ uuid: 'u1' }], { sessionId: record.id, fence: old })
      const fence = await transit.expect(record)
      expect(fence).toBeGreaterThan(old)
      expect(await events.read(record.id)).toEqual([])
      expect(await transcripts.load(key)).toBeNull()
      expect(await codeOf(events.append(record.id, sampleEvents(1), { fence: old }))).toBe('lease_lost')
      const late = { sessionId: record.id, fence: old }
      expect(await codeOf(transcripts.append(key, [{ uuid: 'u2' }], late))).toBe('lease_lost')
      expect(await codeOf(transit.arrive(record.id, { fence: old, waiting: [] }))).toBe('lease_lost')
      expect(await transit.arrive(record.id, { fence, waiting: [] })).toEqual(record)
      expect(await sessions.deleteExpired()).toEqual([])
    }),
  )

  it(
    'takes no session that is here already, and lets workspaces see nothing of each other',
    withStorage(backend, async (stores, storage) => {
      const { transit, sessions } = stores
      const here = await sessions.create(sampleRecord())
      expect(await codeOf(transit.expect(travelled({ id: here.id })))).toBe('session_exists')
      expect(await codeOf(transit.arrive(newSessionId(), { fence: 9, waiting: [] }))).toBe('session_not_found')
      const record = travelled()
      const fence = await transit.expect(record)
      for (const foreign of foreignScopes.map((scope) => storage.workspace(scope))) {
        expect(await codeOf(foreign.transit.arrive(record.id, { fence, waiting: [] }))).toBe('session_not_found')
      }
      await sessions.delete(record.id)
      expect(await codeOf(transit.arrive(record.id, { fence, waiting: [] }))).toBe('session_not_found')
      // The fence of what is gone still holds.
      expect(await transit.expect(record)).toBeGreaterThan(fence)
    }),
  )
}

function departureContract(backend: StorageUnderTest): void {
  it(
    'keeps what has departed, for nobody, until it is deleted',
    withStorage(backend, async (stores, storage) => {
      const { transit, sessions, leases, events, inbox } = stores
      const record = await sessions.create(sampleRecord())
      const lease = await leases.acquire(record.id, { owner: sampleOwner(), ttlMs: 60_000 })
      await events.append(record.id, sampleEvents(2), { fence: lease.fence })
      const waiting = sampleInput()
      await inbox.put(record.id, waiting)
      await sessions.update(record.id, { ttlSeconds: 0.05, fence: lease.fence })
      await transit.depart(record.id, { fence: lease.fence, to: 'there' })
      await pause(80)
      expect(await sessions.deleteExpired()).toEqual([])
      await expectNobodyFinds(stores, record.id)
      expect(await codeOf(leases.renew(lease, { ttlMs: 60_000 }))).toBe('lease_lost')
      const [departure, ...more] = await transit.departures()
      expect(more).toEqual([])
      expect(departure).toMatchObject({ to: 'there', record: { id: record.id, ttlSeconds: 0.05 } })
      expect(await events.head(record.id)).toBe(2)
      expect(await inbox.list(record.id)).toEqual([{ input: waiting, priority: 'next' }])
      expect(await codeOf(transit.expect(travelled({ id: record.id })))).toBe('session_exists')
      expect(await codeOf(sessions.create(sampleRecord({ id: record.id })))).toBe('session_exists')
      for (const scope of foreignScopes) expect(await storage.workspace(scope).transit.departures()).toEqual([])
      await sessions.delete(record.id)
      expect(await transit.departures()).toEqual([])
      expect(await events.read(record.id)).toEqual([])
    }),
  )

  it(
    'lets one come back as it was',
    withStorage(backend, async ({ transit, sessions, leases, inbox }) => {
      const record = await sessions.create(sampleRecord({ ttlSeconds: 3600, tags: ['a'] }))
      const { fence } = await leases.acquire(record.id, { owner: sampleOwner(), ttlMs: 60_000 })
      await transit.depart(record.id, { fence, to: 'there' })
      await transit.comeBack(record.id)
      const { updatedAt, expiresAt, ...back } = (await sessions.get(record.id))!
      expect({ ...record, ...back, updatedAt, expiresAt }).toEqual({ ...record, updatedAt, expiresAt })
      expect(expiresAt!.getTime()).toBe(updatedAt.getTime() + 3_600_000)
      expect(await transit.departures()).toEqual([])
      await inbox.put(record.id, sampleInput())
      expect((await leases.acquire(record.id, { owner: sampleOwner(), ttlMs: 60_000 })).fence).toBeGreaterThan(fence)
      // One that has not departed stays as it is.
      await transit.comeBack(record.id)
      expect(await codeOf(leases.acquire(record.id, { owner: sampleOwner(2), ttlMs: 60_000 }))).toBe('lease_held')
    }),
  )

  it(
    'is refused to whoever has lost the session',
    withStorage(backend, async ({ transit, sessions, leases }) => {
      const { id } = await sessions.create(sampleRecord())
      const lost = await leases.acquire(id, { owner: sampleOwner(), ttlMs: 60_000 })
      await leases.release(lost)
      const { fence } = await leases.acquire(id, { owner: sampleOwner(), ttlMs: 60_000 })
      expect(await codeOf(transit.depart(id, { fence: lost.fence, to: 'there' }))).toBe('lease_lost')
      expect(await codeOf(transit.depart(newSessionId(), { fence, to: 'there' }))).toBe('session_not_found')
      await transit.depart(id, { fence, to: 'there' })
      expect(await codeOf(transit.depart(id, { fence, to: 'elsewhere' }))).toBe('session_not_found')
    }),
  )
}
