import { expect, test } from 'vitest'
import type { BudgetState } from '../../domain/budget.ts'
import { answerCut, budgetReached } from './budget-refusals.ts'

const budget: BudgetState = {
  scope: 'user',
  id: 'ada',
  window: 'day',
  limitNanoUsd: 500_000_000n,
  mode: 'hard',
  thresholds: [],
  spentNanoUsd: 28_000_000n,
  presumedNanoUsd: 0n,
  reservedNanoUsd: 100_000_000n,
  isClosed: false,
}
const neededNanoUsd = 15_395_000n

test.each([
  [{}, '$0.472 is left, and the next call could cost $0.015395.'],
  [
    { presumedNanoUsd: 460_000_000n },
    '$0.012 is left ($0.46 counts for calls whose end nobody saw), and the next call could cost $0.015395.',
  ],
  [{ spentNanoUsd: 900_000_000n }, '$0.00 is left, and the next call could cost $0.015395.'],
  [{ isClosed: true }, 'a call cost more than it could, so nothing more is spent until the limit is set anew.'],
])('says what is left, and what is not seen among the costs', (change, why) => {
  const { message } = budgetReached({ ...budget, ...change }, { neededNanoUsd })
  expect(message).toBe(`The budget of $0.50 for this user and this day is reached: ${why}`)
})

test('says how long an answer could be', () => {
  expect(answerCut(budget, { maxTokens: 295 }).message).toContain('it left room for 295 tokens')
})
