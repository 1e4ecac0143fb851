import type { NanoUsd } from './money.ts'

/**
 * Whose spending a budget limits, from the narrowest to the widest. `workspace` is a tenant;
 * `organization` is all of its tenants together. A session's budget holds for its forks too.
 */
export const budgetScopes = ['run', 'session', 'user', 'workspace', 'organization'] as const
export type BudgetScope = (typeof budgetScopes)[number]

/** The time over which spending counts: for ever, or a day or month in UTC. */
export const budgetWindows = ['total', 'day', 'month'] as const
export type BudgetWindow = (typeof budgetWindows)[number]

export interface BudgetKey {
  readonly scope: BudgetScope
  /** Id of the run, session, user, workspace or organization. */
  readonly id: string
  readonly window: BudgetWindow
}

export interface BudgetLimit extends BudgetKey {
  readonly limitNanoUsd: NanoUsd
  /** `hard`: never exceeded, calls that could are refused. `soft`: only said. */
  readonly mode: 'hard' | 'soft'
  /** Shares of the limit, between 0 and 1, whose crossing is said. */
  readonly thresholds: readonly number[]
}

/** A budget and how it stands in its current window. What is left is `limit - spent - presumed - reserved`. */
export interface BudgetState extends BudgetLimit {
  readonly spentNanoUsd: NanoUsd
  /** Counted although it may never be billed: calls whose cost nobody can know any more, at their worst case. */
  readonly presumedNanoUsd: NanoUsd
  /** Held for calls that are under way, at their worst case. */
  readonly reservedNanoUsd: NanoUsd
  /** A call cost more than its worst case: nothing more is spent until the limit is set anew. */
  readonly isClosed: boolean
}

/** What of a budget nobody has spent or holds; never negative. */
export function leftOf(budget: BudgetState): NanoUsd {
  const left = budget.limitNanoUsd - budget.spentNanoUsd - budget.presumedNanoUsd - budget.reservedNanoUsd
  return left > 0n && !budget.isClosed ? left : 0n
}
