import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { newSessionId } from '../domain/ids.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import type { Lease, LeaseStore } from '../ports/lease.ts'
import { keepLease } from './lease-keeper.ts'

const lease: Lease = { sessionId: newSessionId(), fence: 7 }

describe('keepLease', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  function keep(renew: () => Promise<void>) {
    const lost: string[] = []
    const released: Lease[] = []
    const leases = { renew, release: async (given: Lease) => void released.push(given) } as unknown as LeaseStore
    const keeper = keepLease({ leases, lease, ttlMs: 9_000, onLost: (error) => void lost.push(error.code) })
    return { keeper, lost, released }
  }

  it('renews at a third of the time, and gives the lease back at the end', async () => {
    let renewals = 0
    const { keeper, lost, released } = keep(async () => void (renewals += 1))
    await vi.advanceTimersByTimeAsync(9_000)
    expect(renewals).toBe(3)
    await keeper.release()
    await vi.advanceTimersByTimeAsync(9_000)
    expect([renewals, lost, released]).toEqual([3, [], [lease]])
  })

  it('gives the lease back later where the store is away at the end, for as long as the lease lasts', async () => {
    for (const failures of [3, Number.POSITIVE_INFINITY]) {
      let tries = 0
      const release = async (): Promise<void> => {
        tries += 1
        if (tries <= failures) throw new Error('unreachable')
      }
      const leases = { renew: async () => {}, release } as unknown as LeaseStore
      const keeper = keepLease({ leases, lease, ttlMs: 9_000, onLost: () => {} })
      await expect(keeper.release()).rejects.toThrow('unreachable')
      await vi.advanceTimersByTimeAsync(20_000)
      expect(tries).toBe(failures === 3 ? 4 : 19)
    }
  })

  it('says once that the lease belongs to another', async () => {
    const { lost } = keep(() => Promise.reject(new PerdureError('lease_lost', 'taken over')))
    await vi.advanceTimersByTimeAsync(20_000)
    expect(lost).toEqual(['lease_lost'])
  })

  it('bears a store that is out of reach for a moment, but not until the time has run out', async () => {
    let failing = true
    const { lost } = keep(async () => {
      if (failing) throw new Error('unreachable')
    })
    await vi.advanceTimersByTimeAsync(3_000)
    failing = false
    await vi.advanceTimersByTimeAsync(3_000)
    failing = true
    expect(lost).toEqual([])
    await vi.advanceTimersByTimeAsync(9_000)
    expect(lost).toEqual(['lease_lost'])
  })
})
