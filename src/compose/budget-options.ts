import { z } from 'zod'
import { nanoUsdFromUsd } from '../domain/money.ts'
import type { RunBudget } from '../runtime/metering/run-budget.ts'

/** What a run may cost, and what happens when it is about to cost more. */
export interface BudgetOptions {
  /** US dollars, sub-agents included. */
  maxCostUSD: number
  /**
   * `pause` (the default) and `abort` never let the run cost more: a call that could is not made. With `pause` the
   * turn ends with what was reached, and messages that wait are kept for the session's next run; with `abort`
   * the agent is ended at once and messages that wait are withdrawn. The outcome is `budget_reached` either way.
   * `warn` only says so.
   */
  onBudgetExceeded?: 'abort' | 'pause' | 'warn'
  /** Shares of the budget whose crossing is said by a `perdure.budget_threshold` event. Default: 0.8. */
  thresholds?: readonly number[]
}

const smallestUsd = 0.000001

export const budgetOptionsSchema = z.strictObject({
  maxCostUSD: z
    .number()
    .min(smallestUsd, 'maxCostUSD must be a positive number of US dollars.')
    .max(1_000_000, 'maxCostUSD must be at most 1,000,000 US dollars.'),
  onBudgetExceeded: z.enum(['abort', 'pause', 'warn']).optional(),
  thresholds: z.array(z.number().gt(0).lte(1)).optional(),
})

export const runBudgetOf = (options: BudgetOptions | undefined): RunBudget | null =>
  options === undefined
    ? null
    : {
        limitNanoUsd: nanoUsdFromUsd(options.maxCostUSD),
        onExceeded: options.onBudgetExceeded ?? 'pause',
        thresholds: options.thresholds ?? [0.8],
      }
