import fc from 'fast-check'
import { expect, test } from 'vitest'
import { leftOf, type BudgetState } from './budget.ts'
import { decideReserve } from './reserve-decision.ts'

const budget = (change: Partial<BudgetState> = {}): BudgetState => ({
  scope: 'workspace',
  id: 'w',
  window: 'total',
  limitNanoUsd: 100n,
  mode: 'hard',
  thresholds: [],
  spentNanoUsd: 0n,
  presumedNanoUsd: 0n,
  reservedNanoUsd: 0n,
  isClosed: false,
  ...change,
})
const call = { wantedNanoUsd: 40n, minimumNanoUsd: 10n }

test('without a hard budget there is no limit', () => {
  expect(decideReserve([], call)).toEqual({ status: 'unlimited' })
  expect(decideReserve([budget({ mode: 'soft', limitNanoUsd: 0n })], call)).toEqual({ status: 'unlimited' })
})

test('what is wanted is granted when it is left everywhere', () => {
  const budgets = [budget({ spentNanoUsd: 30n, presumedNanoUsd: 10n, reservedNanoUsd: 20n }), budget()]
  expect(decideReserve(budgets, call)).toEqual({ status: 'reserved', grantedNanoUsd: 40n })
  expect(decideReserve(budgets, { ...call, wantedNanoUsd: 41n })).toEqual({ status: 'busy', budget: budgets[0] })
})

test('less is granted down to the minimum, as the tightest budget has it', () => {
  const tight = budget({ spentNanoUsd: 85n, presumedNanoUsd: 5n })
  expect(decideReserve([budget({ spentNanoUsd: 70n }), tight], call)).toEqual({
    status: 'reserved',
    grantedNanoUsd: 10n,
  })
  expect(decideReserve([budget(), tight], { ...call, minimumNanoUsd: 11n })).toEqual({
    status: 'refused',
    budget: tight,
  })
})

test('nobody waits for what would not help', () => {
  const tight = budget({ spentNanoUsd: 80n })
  const shared = budget({ spentNanoUsd: 50n, reservedNanoUsd: 30n })
  expect(decideReserve([shared, tight], call)).toEqual({ status: 'reserved', grantedNanoUsd: 20n })
  expect(decideReserve([budget({ ...shared, reservedNanoUsd: 31n }), tight], call).status).toBe('busy')
})

test('a closed budget refuses, whatever is left, also a call that costs nothing', () => {
  const closed = budget({ isClosed: true })
  expect(decideReserve([budget({ spentNanoUsd: 95n }), closed], call)).toEqual({ status: 'refused', budget: closed })
  expect(decideReserve([closed], { wantedNanoUsd: 0n, minimumNanoUsd: 0n }).status).toBe('refused')
})

test('a call that costs nothing passes an exhausted budget, and a minimum above the wish is the wish', () => {
  const spent = budget({ spentNanoUsd: 120n })
  expect(decideReserve([spent], { wantedNanoUsd: 0n, minimumNanoUsd: 0n })).toEqual({
    status: 'reserved',
    grantedNanoUsd: 0n,
  })
  expect(decideReserve([budget()], { wantedNanoUsd: 5n, minimumNanoUsd: 10n })).toMatchObject({ grantedNanoUsd: 5n })
})

const amount = fc.bigInt({ min: 0n, max: 120n })
const anyBudget = fc
  .record({
    mode: fc.constantFrom('hard' as const, 'soft' as const),
    spentNanoUsd: amount,
    presumedNanoUsd: amount,
    reservedNanoUsd: amount,
    isClosed: fc.boolean(),
  })
  .map(budget)

test('never is more granted than is left, and what is refused could not be had even alone', () => {
  const wish = fc.record({ wantedNanoUsd: amount, minimumNanoUsd: amount })
  fc.assert(
    fc.property(fc.array(anyBudget, { minLength: 1, maxLength: 4 }), wish, (budgets, wanted) => {
      const decision = decideReserve(budgets, wanted)
      const hard = budgets.filter(({ mode }) => mode === 'hard')
      const alone = decideReserve(
        budgets.map((one) => ({ ...one, reservedNanoUsd: 0n })),
        wanted,
      )
      switch (decision.status) {
        case 'unlimited':
          expect(hard).toEqual([])
          break
        case 'reserved':
          for (const one of hard) expect(leftOf(one)).toBeGreaterThanOrEqual(decision.grantedNanoUsd)
          expect(alone).toEqual(decision)
          break
        case 'busy':
          expect(alone.status).toBe('reserved')
          expect(decision.budget.reservedNanoUsd).toBeGreaterThan(0n)
          break
        case 'refused':
          expect(alone.status).toBe('refused')
      }
    }),
  )
})
