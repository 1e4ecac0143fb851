import { expect, test, vi } from 'vitest'
import type { Ledger } from '../../ports/ledger.ts'
import { ReservationKeeper, reservationTtlMs } from './reservation-keeper.ts'

test('prolongs what is under way well before it runs out, and nothing that is over', async () => {
  vi.useFakeTimers()
  try {
    const keepReserved = vi.fn<Ledger['keepReserved']>(async () => {})
    const ledger = { keepReserved } as Partial<Ledger> as Ledger
    const keeper = new ReservationKeeper()
    keeper.add('one', ledger)
    keeper.add('two', ledger)
    await vi.advanceTimersByTimeAsync(reservationTtlMs / 2)
    expect(keepReserved.mock.lastCall).toEqual([['one', 'two'], { ttlMs: reservationTtlMs }])
    keeper.remove('one')
    keepReserved.mockRejectedValue(new Error('busy'))
    await vi.advanceTimersByTimeAsync(reservationTtlMs / 2)
    expect(keepReserved.mock.lastCall?.[0]).toEqual(['two'])
    keeper.remove('two')
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
})
