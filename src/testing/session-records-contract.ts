import { describe, expect, it } from 'vitest'
import { newSessionId } from '../domain/ids.ts'
import type { SessionRecord } from '../ports/session-records.ts'
import {
  codeOf,
  foreignScopes,
  pause,
  sampleEvent,
  sampleOwner,
  sampleRecord,
  scopeA,
  withStorage,
  type StorageUnderTest,
} from './contract-samples.ts'

/** What every store of session records must keep. */
export function sessionRecordsContract(backend: StorageUnderTest): void {
  describe('session records: creating and changing', () => changeContract(backend))
  describe('session records: listing', () => listContract(backend))
  describe('session records: deleting and expiring', () => endContract(backend))
}

const ids = (records: readonly SessionRecord[]) => records.map((record) => record.id)

function changeContract(backend: StorageUnderTest): void {
  it(
    'keeps what it was given and begins idle',
    withStorage(backend, async ({ sessions }) => {
      const given = sampleRecord({
        title: 'Fix the “bug” 🜁',
        tags: ['b', 'a', 'it’s'],
        metadata: { ticket: '42', empty: '' },
        model: 'claude-x',
        parent: { sessionId: newSessionId(), atSequence: 7 },
        ttlSeconds: 60,
      })
      const created = await sessions.create(given)
      expect(created).toMatchObject({ ...given, status: 'idle', agentSessionId: null })
      expect(created.expiresAt!.getTime()).toBe(created.createdAt.getTime() + 60_000)
      expect(created.updatedAt).toEqual(created.createdAt)
      expect(await sessions.get(given.id)).toEqual(created)
      expect(await codeOf(sessions.create(sampleRecord({ id: given.id })))).toBe('session_exists')
      expect(await sessions.get(newSessionId())).toBeNull()
    }),
  )

  it(
    'changes only the fields given',
    withStorage(backend, async ({ sessions }) => {
      const created = await sessions.create(sampleRecord({ title: 'old', tags: ['a'], model: 'm' }))
      await pause(5)
      const changed = await sessions.update(created.id, { title: null, status: 'running', agentSessionId: 'agent-1' })
      expect(changed).toEqual({
        ...created,
        title: null,
        status: 'running',
        agentSessionId: 'agent-1',
        updatedAt: changed.updatedAt,
      })
      expect(changed.updatedAt.getTime()).toBeGreaterThan(created.updatedAt.getTime())
      const more = { tags: ['x', 'y'], metadata: { a: 'b' }, workingDirectory: '/else', model: null }
      expect(await sessions.update(created.id, more)).toMatchObject({ ...more, status: 'running' })
      expect(await sessions.get(created.id)).toMatchObject(more)
      expect(await codeOf(sessions.update(newSessionId(), { title: 'x' }))).toBe('session_not_found')
    }),
  )

  it(
    'refuses a driver whose fence is behind, and changes nothing',
    withStorage(backend, async ({ sessions, events }) => {
      const { id } = await sessions.create(sampleRecord({ title: 'kept', tags: ['kept'] }))
      await sessions.update(id, { status: 'running', fence: 4 })
      expect(await codeOf(sessions.update(id, { title: 'stale', tags: [], fence: 3 }))).toBe('lease_lost')
      expect(await codeOf(events.append(id, [sampleEvent()], { fence: 3 }))).toBe('lease_lost')
      expect(await sessions.get(id)).toMatchObject({ title: 'kept', tags: ['kept'], status: 'running' })
      // A change without a fence is its user's, not a driver's.
      expect(await sessions.update(id, { title: 'renamed' })).toMatchObject({ title: 'renamed' })
      expect(await codeOf(sessions.update(newSessionId(), { fence: 1 }))).toBe('session_not_found')
    }),
  )
}

function listContract(backend: StorageUnderTest): void {
  it(
    'lists the newest first, by tag, status, parent and number',
    withStorage(backend, async ({ sessions }) => {
      const first = await sessions.create(sampleRecord({ tags: ['a', 'b'] }))
      await pause(3)
      const second = await sessions.create(
        sampleRecord({ tags: ['b'], parent: { sessionId: first.id, atSequence: 1 } }),
      )
      await pause(3)
      const third = await sessions.create(sampleRecord({ tags: ['%', "'; drop table session; --"] }))
      await sessions.update(first.id, { status: 'running' })
      expect(ids(await sessions.list())).toEqual([third.id, second.id, first.id])
      expect(ids(await sessions.list({ limit: 2 }))).toEqual([third.id, second.id])
      expect(ids(await sessions.list({ limit: Infinity }))).toEqual(ids(await sessions.list()))
      expect(ids(await sessions.list({ tag: 'b' }))).toEqual([second.id, first.id])
      expect(ids(await sessions.list({ tag: 'b', limit: 1 }))).toEqual([second.id])
      expect(ids(await sessions.list({ tag: 'B' }))).toEqual([])
      expect(ids(await sessions.list({ tag: "'; drop table session; --" }))).toEqual([third.id])
      expect(ids(await sessions.list({ status: 'running' }))).toEqual([first.id])
      expect(ids(await sessions.list({ parentId: first.id }))).toEqual([second.id])
      await sessions.update(first.id, { tags: ['c'] })
      expect(ids(await sessions.list({ tag: 'b' }))).toEqual([second.id])
    }),
  )

  it(
    'is closed to other workspaces in every method',
    withStorage(backend, async ({ sessions }, storage) => {
      const own = await sessions.create(sampleRecord({ title: 'own', tags: ['a'], ttlSeconds: 3600 }))
      const child = await sessions.create(sampleRecord({ parent: { sessionId: own.id, atSequence: 1 } }))
      for (const scope of foreignScopes) {
        const foreign = storage.workspace(scope).sessions
        expect(await foreign.get(own.id)).toBeNull()
        expect(await foreign.list()).toEqual([])
        expect(await foreign.list({ tag: 'a' })).toEqual([])
        expect(await foreign.list({ parentId: own.id })).toEqual([])
        expect(await codeOf(foreign.update(own.id, { title: 'taken' }))).toBe('session_not_found')
        expect(await codeOf(foreign.update(own.id, { title: 'taken', fence: 99 }))).toBe('session_not_found')
        expect(await codeOf(foreign.delete(own.id))).toBe('session_not_found')
        await foreign.create(sampleRecord({ id: own.id, title: 'foreign', tags: ['a'], ttlSeconds: 0.01 }))
        await pause(25)
        expect(await foreign.deleteExpired()).toEqual([own.id])
      }
      expect(await sessions.get(own.id)).toEqual(own)
      expect(ids(await sessions.list({ tag: 'a' }))).toEqual([own.id])
      expect(ids(await sessions.list({ parentId: own.id }))).toEqual([child.id])
    }),
  )
}

function endContract(backend: StorageUnderTest): void {
  it(
    'deletes a session once, and not while it is driven',
    withStorage(backend, async ({ sessions, leases }) => {
      const { id } = await sessions.create(sampleRecord({ tags: ['a'] }))
      const lease = await leases.acquire(id, { owner: sampleOwner(), ttlMs: 60_000 })
      expect(await codeOf(sessions.delete(id))).toBe('lease_held')
      await leases.release(lease)
      await sessions.delete(id)
      expect(await sessions.get(id)).toBeNull()
      expect(await sessions.list({ tag: 'a' })).toEqual([])
      expect(await codeOf(sessions.delete(id))).toBe('session_not_found')
    }),
  )

  it('deletes a session whose driver is gone', async () => {
    const storage = await backend.open({ isOwnerGone: () => true })
    try {
      const { sessions, leases } = storage.workspace(scopeA)
      const { id } = await sessions.create(sampleRecord())
      await leases.acquire(id, { owner: sampleOwner(), ttlMs: 60_000 })
      await sessions.delete(id)
      expect(await sessions.get(id)).toBeNull()
    } finally {
      await storage.close()
    }
  })

  it(
    'hides an expired session at once, and removes it when asked',
    withStorage(backend, async ({ sessions, events }) => {
      const kept = await sessions.create(sampleRecord({ ttlSeconds: 3600 }))
      const { id } = await sessions.create(sampleRecord({ ttlSeconds: 0.03, tags: ['a'] }))
      await events.append(id, [sampleEvent('w'.repeat(100_000))], { fence: 0 })
      await pause(60)
      expect(await sessions.get(id)).toBeNull()
      expect(ids(await sessions.list())).toEqual([kept.id])
      expect(await codeOf(sessions.update(id, { title: 'x' }))).toBe('session_not_found')
      expect(await sessions.deleteExpired()).toEqual([id])
      expect(await sessions.deleteExpired()).toEqual([])
      expect(await events.read(id)).toEqual([])
    }),
  )

  it(
    'leaves an expired session to the driver that still has it',
    withStorage(backend, async ({ sessions, leases, events }) => {
      const { id } = await sessions.create(sampleRecord())
      const lease = await leases.acquire(id, { owner: sampleOwner(), ttlMs: 60_000 })
      await sessions.update(id, { ttlSeconds: 0.03, fence: lease.fence })
      await pause(60)
      expect(await sessions.deleteExpired()).toEqual([])
      await events.append(id, [sampleEvent()], { fence: lease.fence })
      await sessions.update(id, { ttlSeconds: 3600, fence: lease.fence })
      expect(await sessions.get(id)).toMatchObject({ ttlSeconds: 3600 })
    }),
  )

  it(
    'renews the time to live with every change, event and input',
    withStorage(backend, async ({ sessions, events }) => {
      const { id } = await sessions.create(sampleRecord({ ttlSeconds: 3600 }))
      const before = (await sessions.get(id))!
      await pause(5)
      await events.append(id, [sampleEvent()], { fence: 0 })
      const after = (await sessions.get(id))!
      expect(after.expiresAt!.getTime()).toBeGreaterThan(before.expiresAt!.getTime())
      expect((await sessions.update(id, { ttlSeconds: null })).expiresAt).toBeNull()
    }),
  )

  it(
    'lets an expired session’s id be used again',
    withStorage(backend, async ({ sessions, events }) => {
      const expiring = await sessions.create(sampleRecord({ ttlSeconds: 0.02, tags: ['old'] }))
      await events.append(expiring.id, [sampleEvent()], { fence: 0 })
      await pause(50)
      const anew = await sessions.create(sampleRecord({ id: expiring.id, title: 'anew' }))
      expect(await sessions.get(expiring.id)).toEqual(anew)
      expect(await events.read(expiring.id)).toEqual([])
      expect(await sessions.list({ tag: 'old' })).toEqual([])
    }),
  )
}
