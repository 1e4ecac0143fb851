import fc from 'fast-check'
import { expect, test } from 'vitest'
import { budgetWindows } from './budget.ts'
import {
  boundsOfPeriod,
  countOf,
  emptyPeriod,
  isSameBudget,
  openBudget,
  periodOf,
  stateOf,
  type BudgetPeriod,
} from './budget-period.ts'

const at = (text: string) => Date.parse(text)

test('a period is a day or a month in UTC, or all time', () => {
  const last = at('2026-11-30T23:59:59.999Z')
  expect(budgetWindows.map((window) => periodOf(window, last))).toEqual(['total', '2026-11-30', '2026-11'])
  expect(budgetWindows.map((window) => periodOf(window, last + 1))).toEqual(['total', '2026-12-01', '2026-12'])
  expect(boundsOfPeriod('day', last)).toEqual({ fromMs: at('2026-11-30'), toMs: at('2026-12-01') })
  expect(boundsOfPeriod('month', at('2024-02-29'))).toEqual({ fromMs: at('2024-02-01'), toMs: at('2024-03-01') })
})

test('the bounds of a period hold exactly the moments that are in it', () => {
  const moment = fc.integer({ min: 0, max: at('2100-01-01') })
  fc.assert(
    fc.property(fc.constantFrom(...budgetWindows), moment, moment, (window, one, other) => {
      const { fromMs, toMs } = boundsOfPeriod(window, one)
      expect(fromMs <= other && other < toMs).toBe(periodOf(window, one) === periodOf(window, other))
    }),
  )
})

const limit = {
  scope: 'user',
  id: 'ada',
  window: 'day',
  limitNanoUsd: 9n,
  mode: 'hard',
  thresholds: [0.5],
} as const

test('a budget that is set counts what was entered before, and has said what that crossed', () => {
  const amounts = { spentNanoUsd: 3n, presumedNanoUsd: 4n }
  expect(countOf('2026-11-21', amounts)).toEqual({ ...emptyPeriod('2026-11-21'), ...amounts, toldNanoUsd: 7n })
  const none = { spentNanoUsd: 0n, presumedNanoUsd: 0n }
  expect(countOf('total', none)).toEqual(emptyPeriod('total'))
  const budget = openBudget(limit, countOf('2026-11-21', amounts))
  expect(stateOf(budget)).toEqual({ ...limit, ...amounts, reservedNanoUsd: 0n, isClosed: false })
})

test('an empty period has nothing in it, and has said nothing', () => {
  const expected: Partial<BudgetPeriod> = {
    period: 'total',
    spentNanoUsd: 0n,
    presumedNanoUsd: 0n,
    reservedNanoUsd: 0n,
  }
  expect(emptyPeriod('total')).toEqual({ ...expected, toldNanoUsd: -1n })
})

test('a budget is named by scope, id and window together', () => {
  expect(isSameBudget(limit, { ...limit, limitNanoUsd: 1n } as never)).toBe(true)
  for (const other of [{ scope: 'run' }, { id: 'eve' }, { window: 'month' }]) {
    expect(isSameBudget(limit, { ...limit, ...other } as never)).toBe(false)
  }
})
