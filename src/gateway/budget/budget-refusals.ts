import { type BudgetState, leftOf } from '../../domain/budget.ts'
import type { NanoUsd } from '../../domain/money.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { UpstreamResponse } from '../../ports/model-gateway.ts'
import { apiErrorResponse } from '../wire/api-error.ts'

/** The next call does not fit any more. `neededNanoUsd`: the least that it could be bounded to. */
export function budgetReached(budget: BudgetState, { neededNanoUsd }: { neededNanoUsd: NanoUsd }): PerdureError {
  const why = budget.isClosed
    ? 'a call cost more than it could, so nothing more is spent until the limit is set anew'
    : `${dollars(leftOf({ ...budget, reservedNanoUsd: 0n }))} is left${presumedOf(budget)}, and the next call could cost ${dollars(neededNanoUsd)}`
  return reached(budget, `The budget of ${dollars(budget.limitNanoUsd)} for ${nameOf(budget)} is reached: ${why}.`)
}

/** Else whoever looks at the costs alone wonders where the rest is. */
const presumedOf = ({ presumedNanoUsd }: BudgetState): string =>
  presumedNanoUsd > 0n ? ` (${dollars(presumedNanoUsd)} counts for calls whose end nobody saw)` : ''

/** An answer was cut because the budget left no room for more. */
export const answerCut = (budget: BudgetState, { maxTokens }: { maxTokens: number }): PerdureError =>
  reached(
    budget,
    `The budget of ${dollars(budget.limitNanoUsd)} for ${nameOf(budget)} is reached: it left room for ${maxTokens} tokens, and the answer needs more.`,
  )

function reached(budget: BudgetState, message: string): PerdureError {
  const { scope, id, window, limitNanoUsd, spentNanoUsd, presumedNanoUsd, reservedNanoUsd, isClosed } = budget
  return new PerdureError('budget_reached', message, {
    details: {
      scope,
      id,
      window,
      limitUsd: decimal(limitNanoUsd),
      spentUsd: decimal(spentNanoUsd),
      presumedUsd: decimal(presumedNanoUsd),
      reservedUsd: decimal(reservedNanoUsd),
      isClosed,
    },
  })
}

const windows = { total: '', day: ' and this day', month: ' and this month' } as const

const nameOf = ({ scope, window }: BudgetState): string => `this ${scope}${windows[window]}`

export const modelUnpriced = (model: string): PerdureError =>
  new PerdureError('model_unpriced', `The model ${model || '(none)'} has no price, and a hard budget holds.`, {
    details: { model },
  })

export const budgetUnbounded = (what: string): PerdureError =>
  new PerdureError('budget_unbounded', `Nothing bounds the cost of ${what}, and a hard budget holds.`, {
    details: { what },
  })

/** What the agent hears. 403 ends its run at once; asked again, it would be refused again. */
export const refusalAnswer = ({ message }: PerdureError): UpstreamResponse =>
  apiErrorResponse({ status: 403, message, options: { headers: { 'x-should-retry': 'false' } } })

const dollars = (amount: NanoUsd): string => `$${decimal(amount)}`

/** Exact, with at least two digits behind the point. */
function decimal(amount: NanoUsd): string {
  const digits = amount.toString().padStart(10, '0')
  return `${digits.slice(0, -9)}.${digits.slice(-9).replace(/0{1,7}$/, '')}`
}
