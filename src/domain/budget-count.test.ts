import fc from 'fast-check'
import { expect, test } from 'vitest'
import { giveBack, hold, presume, settleInBudgets, withdraw, type CallToSettle } from './budget-count.ts'
import { emptyPeriod, openBudget, type BudgetPeriod } from './budget-period.ts'

const limit = {
  scope: 'workspace',
  id: 'w',
  window: 'total',
  limitNanoUsd: 100n,
  mode: 'hard',
  thresholds: [],
} as const
const budget = (change: Partial<BudgetPeriod> = {}): BudgetPeriod => ({
  ...openBudget(limit, emptyPeriod('total')),
  ...change,
})
const call = (change: Partial<CallToSettle> = {}): CallToSettle => ({
  costNanoUsd: 10n,
  presumedNanoUsd: 0n,
  isDuplicate: false,
  wasReserved: true,
  held: { grantedNanoUsd: 40n, isPresumed: false },
  ...change,
})
const amounts = ({ spentNanoUsd, presumedNanoUsd, reservedNanoUsd }: BudgetPeriod) =>
  [spentNanoUsd, presumedNanoUsd, reservedNanoUsd].map(Number)

test('an amount is held, then given back, presumed or withdrawn', () => {
  const held = hold(budget({ reservedNanoUsd: 5n }), 40n)
  expect(amounts(held)).toEqual([0, 0, 45])
  expect(amounts(giveBack(held, 40n))).toEqual([0, 0, 5])
  expect(amounts(giveBack(budget({ reservedNanoUsd: 5n }), 40n))).toEqual([0, 0, 0])
  const presumed = presume(held, 40n)
  expect(amounts(presumed)).toEqual([0, 40, 5])
  expect(amounts(withdraw(held, { grantedNanoUsd: 40n, isPresumed: false }))).toEqual([0, 0, 5])
  expect(amounts(withdraw(presumed, { grantedNanoUsd: 40n, isPresumed: true }))).toEqual([0, 0, 5])
})

test('a soft budget holds nothing, but counts what is presumed', () => {
  const soft = budget({ mode: 'soft' })
  expect(hold(soft, 40n)).toBe(soft)
  expect(amounts(presume(soft, 40n))).toEqual([0, 40, 0])
})

test('a call counts with what it cost and may have cost, and gives back what was held for it', () => {
  const open = budget({ reservedNanoUsd: 45n })
  const settled = settleInBudgets([open], call({ presumedNanoUsd: 30n }))
  expect(settled).toMatchObject({ costNanoUsd: 10n, presumedNanoUsd: 30n, isOverrun: false })
  expect(settled.budgets.map(amounts)).toEqual([[10, 30, 5]])
  const late = settleInBudgets([presume(open, 40n)], call({ held: { grantedNanoUsd: 40n, isPresumed: true } }))
  expect(late.budgets.map(amounts)).toEqual([[10, 0, 5]])
})

test('a duplicate costs nothing, and is presumed where a hard budget holds', () => {
  const [hard, soft] = [budget({ reservedNanoUsd: 40n }), budget({ mode: 'soft' })]
  const duplicate = call({ isDuplicate: true, presumedNanoUsd: 1n })
  const settled = settleInBudgets([hard, soft], duplicate)
  expect(settled).toMatchObject({ costNanoUsd: 0n, presumedNanoUsd: 11n })
  expect(settled.budgets.map(amounts)).toEqual([
    [0, 11, 0],
    [0, 11, 0],
  ])
  expect(settleInBudgets([soft], duplicate)).toMatchObject({ costNanoUsd: 0n, presumedNanoUsd: 0n, isOverrun: false })
})

test('more than was held closes the hard budgets, unless nothing was to be held', () => {
  const budgets = [budget(), budget({ mode: 'soft' })]
  const overrun = (change: Partial<CallToSettle>) => {
    const settled = settleInBudgets(budgets, call(change))
    expect(settled.budgets.map(({ isClosed }) => isClosed)).toEqual([settled.isOverrun, false])
    return settled.isOverrun
  }
  expect(overrun({ costNanoUsd: 40n })).toBe(false)
  expect(overrun({ costNanoUsd: 41n })).toBe(true)
  expect(overrun({ costNanoUsd: 40n, presumedNanoUsd: 1n })).toBe(true)
  expect(overrun({ held: undefined })).toBe(true)
  expect(overrun({ held: undefined, costNanoUsd: 0n })).toBe(false)
  expect(overrun({ held: undefined, wasReserved: false })).toBe(false)
  expect(settleInBudgets([budgets[1]!], call({ costNanoUsd: 41n })).isOverrun).toBe(false)
  expect(settleInBudgets([budget({ isClosed: true })], call()).budgets[0]!.isClosed).toBe(true)
})

test('thresholds are said when they are reached, in rising order, the limit always', () => {
  const crossed = (change: Partial<BudgetPeriod>, costNanoUsd = 10n) =>
    settleInBudgets([budget(change)], call({ costNanoUsd })).crossed.map(({ threshold }) => threshold)
  const thresholds = [0.5, 0.3, 0.5]
  expect(crossed({ thresholds, spentNanoUsd: 19n, toldNanoUsd: 19n })).toEqual([])
  expect(crossed({ thresholds, spentNanoUsd: 20n, toldNanoUsd: 20n })).toEqual([0.3])
  expect(crossed({ thresholds, spentNanoUsd: 10n, toldNanoUsd: 10n }, 40n)).toEqual([0.3, 0.5])
  expect(crossed({ thresholds, spentNanoUsd: 30n, toldNanoUsd: 30n })).toEqual([])
  expect(crossed({ spentNanoUsd: 90n, toldNanoUsd: 90n })).toEqual([1])
  expect(crossed({ thresholds: [1], spentNanoUsd: 90n, toldNanoUsd: 90n })).toEqual([1])
  // A third of ten is not reached at three.
  expect(crossed({ thresholds: [1 / 3], limitNanoUsd: 10n, toldNanoUsd: -1n }, 3n)).toEqual([])
  expect(crossed({ thresholds: [0.3], limitNanoUsd: 10n, toldNanoUsd: -1n }, 3n)).toEqual([0.3])
  // A presumption crossed it before, and there was nobody to tell.
  expect(crossed({ thresholds, presumedNanoUsd: 50n, toldNanoUsd: 0n }, 0n)).toEqual([0.3, 0.5])
  expect(crossed({ thresholds: [0], limitNanoUsd: 0n }, 0n)).toEqual([0, 1])
})

test('over any calls each threshold is said exactly once, by the call that reached it', () => {
  const costs = fc.array(fc.bigInt({ min: 0n, max: 30n }), { maxLength: 12 })
  const shares = fc.uniqueArray(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 })
  fc.assert(
    fc.property(costs, shares, (amountsSpent, thresholds) => {
      let state = budget({ thresholds, mode: 'soft' })
      const said: number[] = []
      for (const costNanoUsd of amountsSpent) {
        const settled = settleInBudgets([state], call({ costNanoUsd, held: undefined, wasReserved: false }))
        state = settled.budgets[0]!
        said.push(...settled.crossed.map(({ threshold }) => threshold))
      }
      expect(said.length).toBe(new Set(said).size)
      expect(said).toEqual(said.toSorted((left, right) => left - right))
      const used = Number(state.spentNanoUsd)
      const due = [...new Set([...thresholds, 1])].filter((threshold) => Math.ceil(threshold * 100 - 1e-6) <= used)
      if (amountsSpent.length > 0) expect(said).toEqual(due.toSorted((left, right) => left - right))
    }),
  )
})
