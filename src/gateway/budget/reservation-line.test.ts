import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { BudgetState } from '../../domain/budget.ts'
import type { ReserveAnswer } from '../../ports/ledger.ts'
import { ReservationLine } from './reservation-line.ts'

const budget = (id: string): BudgetState => ({
  scope: 'session',
  id,
  window: 'total',
  limitNanoUsd: 0n,
  mode: 'hard',
  thresholds: [],
  spentNanoUsd: 0n,
  presumedNanoUsd: 0n,
  reservedNanoUsd: 0n,
  isClosed: false,
})

/** Budgets that one call at a time may hold. */
class Slots {
  readonly #holder = new Map<string, number>()

  reserve(call: number, names: readonly string[]): ReserveAnswer {
    const busy = names.find((name) => this.#holder.has(name))
    if (busy !== undefined) return { status: 'busy', budget: budget(busy) }
    for (const name of names) this.#holder.set(name, call)
    return { status: 'reserved', grantedNanoUsd: 1n }
  }

  release(names: readonly string[]): void {
    for (const name of names) this.#holder.delete(name)
  }
}

const calls = fc.array(
  fc.record({
    budgets: fc.subarray(['a', 'b', 'c'], { minLength: 1 }),
    holdsTurns: fc.nat(3),
    abortsAfterTurns: fc.option(fc.nat(6)),
  }),
  { minLength: 1, maxLength: 10 },
)

test('every call has its turn or is given up, whatever it waits for, and nothing stays behind', async () => {
  await fc.assert(
    fc.asyncProperty(calls, async (plan) => {
      const slots = new Slots()
      const line = new ReservationLine()
      const served = await Promise.all(
        plan.map(async ({ budgets, holdsTurns, abortsAfterTurns }, call) => {
          const given = new AbortController()
          if (abortsAfterTurns !== null) void turns(abortsAfterTurns).then(() => given.abort(new Error('given up')))
          try {
            await line.reserve({
              budgets,
              nameOf: ({ id }) => id,
              signal: given.signal,
              ask: async () => slots.reserve(call, budgets),
            })
          } catch (error) {
            expect(error).toMatchObject({ message: 'given up' })
            return 'given up'
          }
          await turns(holdsTurns)
          slots.release(budgets)
          line.wake(budgets)
          return 'served'
        }),
      )
      for (const [call, { abortsAfterTurns }] of plan.entries()) {
        if (abortsAfterTurns === null) expect(served[call]).toBe('served')
      }
      expect(slots.reserve(99, ['a', 'b', 'c']).status).toBe('reserved')
    }),
    { numRuns: 60 },
  )
})

test('within one budget the first come is the first served', async () => {
  const slots = new Slots()
  const line = new ReservationLine()
  const order: number[] = []
  const { signal } = new AbortController()
  await Promise.all(
    [0, 1, 2, 3, 4].map(async (call) => {
      await line.reserve({
        budgets: ['a'],
        nameOf: ({ id }) => id,
        signal,
        ask: async () => slots.reserve(call, ['a']),
      })
      order.push(call)
      await turns(2)
      slots.release(['a'])
      line.wake(['a'])
    }),
  )
  expect(order).toEqual([0, 1, 2, 3, 4])
})

/** So many turns of the event loop. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}
