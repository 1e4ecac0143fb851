import { describe, expect, it } from 'vitest'
import { newSessionId } from '../domain/ids.ts'
import {
  codeOf,
  foreignScopes,
  newSession,
  pause,
  sampleOwner,
  sampleRecord,
  scopeA,
  withStorage,
  type StorageUnderTest,
} from './contract-samples.ts'

const long = 60_000

/** What every lease store must keep. */
export function leaseContract(backend: StorageUnderTest): void {
  describe('leases: holding', () => holdingContract(backend))
  describe('leases: taking over', () => takeoverContract(backend))
}

function holdingContract(backend: StorageUnderTest): void {
  it(
    'gives a session to one owner and names it to the others',
    withStorage(backend, async ({ leases, ...stores }) => {
      const session = await newSession({ leases, ...stores })
      expect(await leases.holder(session)).toBeNull()
      const lease = await leases.acquire(session, { owner: sampleOwner(1), ttlMs: long })
      expect(lease).toEqual({ sessionId: session, fence: 1 })
      expect(await leases.holder(session)).toEqual({ owner: sampleOwner(1), fence: 1 })
      await expect(leases.acquire(session, { owner: sampleOwner(2), ttlMs: long })).rejects.toMatchObject({
        code: 'lease_held',
        details: { owner: sampleOwner(1), fence: 1 },
      })
    }),
  )

  it(
    'gives it to exactly one of many who ask at once',
    withStorage(backend, async (stores) => {
      const session = await newSession(stores)
      const asked = Array.from({ length: 20 }, (_, index) =>
        stores.leases.acquire(session, { owner: sampleOwner(index), ttlMs: long }),
      )
      const answers = await Promise.allSettled(asked)
      expect(answers.filter((answer) => answer.status === 'fulfilled')).toHaveLength(1)
    }),
  )

  it(
    'raises the fence by one at each acquisition, also above fences that have written',
    withStorage(backend, async (stores) => {
      const session = await newSession(stores)
      for (const fence of [1, 2, 3]) {
        const lease = await stores.leases.acquire(session, { owner: sampleOwner(), ttlMs: long })
        expect(lease.fence).toBe(fence)
        await stores.leases.release(lease)
        expect(await stores.leases.holder(session)).toBeNull()
        // Other sessions come and go meanwhile.
        await stores.sessions.delete(await newSession(stores))
      }
      await stores.events.append(session, [], { fence: 10 })
      expect((await stores.leases.acquire(session, { owner: sampleOwner(), ttlMs: long })).fence).toBe(11)
    }),
  )

  it(
    'lives on while it is renewed',
    withStorage(backend, async (stores) => {
      const session = await newSession(stores)
      const lease = await stores.leases.acquire(session, { owner: sampleOwner(1), ttlMs: 80 })
      await stores.leases.renew(lease, { ttlMs: long })
      await pause(120)
      const other = stores.leases.acquire(session, { owner: sampleOwner(2), ttlMs: long })
      expect(await codeOf(other)).toBe('lease_held')
    }),
  )

  it(
    'cannot be renewed once given back or taken over, and giving it back late does nothing',
    withStorage(backend, async (stores) => {
      const session = await newSession(stores)
      const old = await stores.leases.acquire(session, { owner: sampleOwner(1), ttlMs: long })
      await stores.leases.release(old)
      expect(await codeOf(stores.leases.renew(old, { ttlMs: long }))).toBe('lease_lost')
      const current = await stores.leases.acquire(session, { owner: sampleOwner(2), ttlMs: long })
      expect(await codeOf(stores.leases.renew(old, { ttlMs: long }))).toBe('lease_lost')
      await stores.leases.release(old)
      expect(await stores.leases.holder(session)).toEqual({ owner: sampleOwner(2), fence: current.fence })
    }),
  )

  it(
    'needs a session that is there',
    withStorage(backend, async (stores) => {
      const acquire = stores.leases.acquire(newSessionId(), { owner: sampleOwner(), ttlMs: long })
      expect(await codeOf(acquire)).toBe('session_not_found')
      const expiring = await stores.sessions.create(sampleRecord({ ttlSeconds: 0.02 }))
      await pause(40)
      const late = stores.leases.acquire(expiring.id, { owner: sampleOwner(), ttlMs: long })
      expect(await codeOf(late)).toBe('session_not_found')
    }),
  )

  it(
    'is closed to other workspaces in every method',
    withStorage(backend, async (stores, storage) => {
      const session = await newSession(stores)
      const lease = await stores.leases.acquire(session, { owner: sampleOwner(), ttlMs: long })
      for (const scope of foreignScopes) {
        const { leases } = storage.workspace(scope)
        expect(await leases.holder(session)).toBeNull()
        expect(await codeOf(leases.acquire(session, { owner: sampleOwner(), ttlMs: long }))).toBe('session_not_found')
        expect(await codeOf(leases.renew(lease, { ttlMs: 1 }))).toBe('lease_lost')
        await leases.release(lease)
      }
      expect(await stores.leases.holder(session)).toEqual({ owner: sampleOwner(), fence: lease.fence })
    }),
  )
}

function takeoverContract(backend: StorageUnderTest): void {
  it(
    'passes on when its time ran out, and then shuts the old holder out',
    withStorage(backend, async (stores) => {
      const session = await newSession(stores)
      const old = await stores.leases.acquire(session, { owner: sampleOwner(1), ttlMs: 20 })
      await pause(50)
      expect(await stores.leases.holder(session)).toBeNull()
      const current = await stores.leases.acquire(session, { owner: sampleOwner(2), ttlMs: long })
      expect(current.fence).toBe(old.fence + 1)
      expect(await codeOf(stores.leases.renew(old, { ttlMs: long }))).toBe('lease_lost')
      expect(await codeOf(stores.events.append(session, [], { fence: old.fence }))).toBe('lease_lost')
      expect(await codeOf(stores.sessions.update(session, { title: 'old', fence: old.fence }))).toBe('lease_lost')
    }),
  )

  it(
    'may still be renewed after its time, as long as nobody took it',
    withStorage(backend, async (stores) => {
      const session = await newSession(stores)
      const lease = await stores.leases.acquire(session, { owner: sampleOwner(), ttlMs: 20 })
      await pause(50)
      await stores.leases.renew(lease, { ttlMs: long })
      expect(await stores.leases.holder(session)).toEqual({ owner: sampleOwner(), fence: lease.fence })
    }),
  )

  it('is taken over at once from an owner that is gone, and only by one', async () => {
    const gone = new Set<number>()
    const storage = await backend.open({ isOwnerGone: (owner) => gone.has(owner.processId) })
    try {
      const stores = storage.workspace(scopeA)
      const session = await newSession(stores)
      const old = await stores.leases.acquire(session, { owner: sampleOwner(1), ttlMs: long })
      gone.add(1)
      expect(await stores.leases.holder(session)).toBeNull()
      const answers = await Promise.allSettled(
        [2, 3, 4, 5].map((id) => stores.leases.acquire(session, { owner: sampleOwner(id), ttlMs: long })),
      )
      const taken = answers.filter((answer) => answer.status === 'fulfilled')
      expect(taken.map(({ value }) => value.fence)).toEqual([old.fence + 1])
      expect(await codeOf(stores.events.append(session, [], { fence: old.fence }))).toBe('lease_lost')
    } finally {
      await storage.close()
    }
  })
}
