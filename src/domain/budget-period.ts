import type { BudgetKey, BudgetLimit, BudgetState, BudgetWindow } from './budget.ts'
import type { NanoUsd } from './money.ts'

/** A budget in one period of its window, with what only its keeper needs to know. */
export interface BudgetPeriod extends BudgetState {
  /** `total`, `2026-11-21` or `2026-11`. */
  readonly period: string
  /** The most that was used when thresholds were last said; -1 before the first time. */
  readonly toldNanoUsd: NanoUsd
}

/** What counts in a budget in one period. */
export type PeriodCount = Omit<BudgetPeriod, keyof BudgetLimit | 'isClosed'>

export const emptyPeriod = (period: string): PeriodCount => ({
  period,
  spentNanoUsd: 0n,
  presumedNanoUsd: 0n,
  reservedNanoUsd: 0n,
  toldNanoUsd: -1n,
})

/** What was entered before there was the budget; thresholds that it passed are no news. */
export function countOf(period: string, entered: { spentNanoUsd: NanoUsd; presumedNanoUsd: NanoUsd }): PeriodCount {
  const used = entered.spentNanoUsd + entered.presumedNanoUsd
  return { ...emptyPeriod(period), ...entered, ...(used > 0n ? { toldNanoUsd: used } : {}) }
}

/** A budget that is set anew: open, under the new limit. */
export const openBudget = (limit: BudgetLimit, counted: PeriodCount): BudgetPeriod => ({
  scope: limit.scope,
  id: limit.id,
  window: limit.window,
  limitNanoUsd: limit.limitNanoUsd,
  mode: limit.mode,
  thresholds: [...limit.thresholds],
  isClosed: false,
  ...counted,
})

/** The period of the window in which a moment lies; milliseconds since 1970. */
export function periodOf(window: BudgetWindow, atMs: number): string {
  if (window === 'total') return 'total'
  return new Date(atMs).toISOString().slice(0, window === 'day' ? '2026-11-21'.length : '2026-11'.length)
}

/** The first moment of that period, and the first after it. */
export function boundsOfPeriod(window: BudgetWindow, atMs: number): { fromMs: number; toMs: number } {
  if (window === 'total') return { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER }
  const at = new Date(atMs)
  const [year, month] = [at.getUTCFullYear(), at.getUTCMonth()]
  if (window === 'month') return { fromMs: Date.UTC(year, month), toMs: Date.UTC(year, month + 1) }
  return { fromMs: Date.UTC(year, month, at.getUTCDate()), toMs: Date.UTC(year, month, at.getUTCDate() + 1) }
}

/** What a period shows of itself to others. */
export function stateOf({ period: _period, toldNanoUsd: _told, ...state }: BudgetPeriod): BudgetState {
  return state
}

export const isSameBudget = (left: BudgetKey, right: BudgetKey): boolean =>
  left.scope === right.scope && left.id === right.id && left.window === right.window
