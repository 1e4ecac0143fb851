import type { BudgetPeriod } from './budget-period.ts'
import type { NanoUsd } from './money.ts'

/** Holds an amount for a call that is about to be made. Soft budgets hold nothing. */
export const hold = (budget: BudgetPeriod, amount: NanoUsd): BudgetPeriod =>
  budget.mode === 'hard' ? { ...budget, reservedNanoUsd: budget.reservedNanoUsd + amount } : budget

/** Gives back what was held. A budget that was set in a later period than the call's never held it. */
export function giveBack(budget: BudgetPeriod, amount: NanoUsd): BudgetPeriod {
  const reserved = budget.reservedNanoUsd - amount
  return { ...budget, reservedNanoUsd: reserved > 0n ? reserved : 0n }
}

/** What is held for a call of which nobody will hear any more is presumed to be spent. */
export const presume = (budget: BudgetPeriod, amount: NanoUsd): BudgetPeriod => {
  const given = giveBack(budget, amount)
  return { ...given, presumedNanoUsd: given.presumedNanoUsd + amount }
}

/** Ends a reservation of which the call was never made after all; `isPresumed` when it was given up before. */
export const withdraw = (budget: BudgetPeriod, held: HeldAmount): BudgetPeriod =>
  held.isPresumed
    ? { ...budget, presumedNanoUsd: budget.presumedNanoUsd - held.grantedNanoUsd }
    : giveBack(budget, held.grantedNanoUsd)

export interface HeldAmount {
  readonly grantedNanoUsd: NanoUsd
  /** Its owner was gone or its time over, and the amount is counted as presumed. */
  readonly isPresumed: boolean
}

export interface CallToSettle {
  readonly costNanoUsd: NanoUsd
  readonly presumedNanoUsd: NanoUsd
  /** Its message was entered before. */
  readonly isDuplicate: boolean
  /** Whether the caller says that it reserved, and what is found of that. */
  readonly wasReserved: boolean
  readonly held: HeldAmount | undefined
}

export interface SettledBudgets {
  /** What is to be entered: of a duplicate nothing, or as presumed. */
  readonly costNanoUsd: NanoUsd
  readonly presumedNanoUsd: NanoUsd
  readonly isOverrun: boolean
  readonly budgets: readonly BudgetPeriod[]
  readonly crossed: readonly { readonly budget: BudgetPeriod; readonly threshold: number }[]
}

/** Counts a call in the budgets of its account. */
export function settleInBudgets(budgets: readonly BudgetPeriod[], call: CallToSettle): SettledBudgets {
  const isLimited = budgets.some((budget) => budget.mode === 'hard')
  const worst = call.costNanoUsd + call.presumedNanoUsd
  const isOverrun = isLimited && call.wasReserved && worst > (call.held?.grantedNanoUsd ?? 0n)
  const costNanoUsd = call.isDuplicate ? 0n : call.costNanoUsd
  const presumedNanoUsd = call.isDuplicate ? (isLimited ? worst : 0n) : call.presumedNanoUsd
  const counted = budgets.map((budget) => {
    const open = call.held ? withdraw(budget, call.held) : budget
    return told({
      ...open,
      spentNanoUsd: open.spentNanoUsd + costNanoUsd,
      presumedNanoUsd: open.presumedNanoUsd + presumedNanoUsd,
      isClosed: open.isClosed || (isOverrun && open.mode === 'hard'),
    })
  })
  return {
    costNanoUsd,
    presumedNanoUsd,
    isOverrun,
    budgets: counted.map(({ budget }) => budget),
    crossed: counted.flatMap(({ budget, thresholds }) => thresholds.map((threshold) => ({ budget, threshold }))),
  }
}

/**
 * The thresholds that are reached and were not said before, in rising order. By the most that was ever
 * used, because what was presumed may be taken back and used again.
 */
function told(budget: BudgetPeriod): { budget: BudgetPeriod; thresholds: readonly number[] } {
  const used = budget.spentNanoUsd + budget.presumedNanoUsd
  if (used <= budget.toldNanoUsd) return { budget, thresholds: [] }
  const thresholds = [...new Set([...budget.thresholds, 1])].filter((threshold) => {
    const amount = shareOf(budget.limitNanoUsd, threshold)
    return amount > budget.toldNanoUsd && amount <= used
  })
  return { budget: { ...budget, toldNanoUsd: used }, thresholds: thresholds.toSorted((left, right) => left - right) }
}

const shareDigits = 1_000_000_000

/** Rounded up, so that a threshold is not said before it is reached. */
function shareOf(amount: NanoUsd, share: number): NanoUsd {
  const parts = BigInt(shareDigits)
  return (amount * BigInt(Math.round(share * shareDigits)) + parts - 1n) / parts
}

/** Counts what was entered elsewhere; thresholds that it passes were said there. */
export function countAdopted(
  budget: BudgetPeriod,
  { spentNanoUsd, presumedNanoUsd }: Pick<BudgetPeriod, 'spentNanoUsd' | 'presumedNanoUsd'>,
): BudgetPeriod {
  const spent = budget.spentNanoUsd + spentNanoUsd
  const presumed = budget.presumedNanoUsd + presumedNanoUsd
  const used = spent + presumed
  const isNews = used > 0n && used > budget.toldNanoUsd
  return {
    ...budget,
    spentNanoUsd: spent,
    presumedNanoUsd: presumed,
    toldNanoUsd: isNews ? used : budget.toldNanoUsd,
  }
}
