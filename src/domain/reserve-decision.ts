import { leftOf, type BudgetState } from './budget.ts'
import type { NanoUsd } from './money.ts'

/**
 * `unlimited`: no hard budget holds, nothing is reserved. `reserved`: less than wanted was granted only
 * where nothing else is reserved. `busy`: calls under way hold what this one needs; ask again. `refused`:
 * not even the minimum is left, whatever those calls give back.
 */
export type ReserveDecision<Budget extends BudgetState = BudgetState> =
  | { readonly status: 'unlimited' }
  | { readonly status: 'reserved'; readonly grantedNanoUsd: NanoUsd }
  | { readonly status: 'busy' | 'refused'; readonly budget: Budget }

/** What of a budget nobody has spent: what a call would find there if it were alone. */
function capacityOf(budget: BudgetState): NanoUsd {
  return leftOf({ ...budget, reservedNanoUsd: 0n })
}

/**
 * A call gets what it would get if it were alone, all at once, or nothing: with a part of it, it would take
 * less than is its due only because others have not yet given back what they will not need.
 */
export function decideReserve<Budget extends BudgetState>(
  budgets: readonly Budget[],
  call: { readonly wantedNanoUsd: NanoUsd; readonly minimumNanoUsd: NanoUsd },
): ReserveDecision<Budget> {
  const hard = budgets.filter((budget) => budget.mode === 'hard')
  const tightest = smallestBy(hard, capacityOf)
  if (!tightest) return { status: 'unlimited' }
  const closed = hard.find((budget) => budget.isClosed)
  if (closed) return { status: 'refused', budget: closed }
  const capacity = capacityOf(tightest)
  const granted = capacity < call.wantedNanoUsd ? capacity : call.wantedNanoUsd
  if (granted < call.minimumNanoUsd && granted < call.wantedNanoUsd) return { status: 'refused', budget: tightest }
  const inTheWay = smallestBy(
    hard.filter((budget) => leftOf(budget) < granted),
    leftOf,
  )
  return inTheWay ? { status: 'busy', budget: inTheWay } : { status: 'reserved', grantedNanoUsd: granted }
}

function smallestBy<Item>(items: readonly Item[], measure: (item: Item) => bigint): Item | undefined {
  let smallest: Item | undefined
  for (const item of items) if (smallest === undefined || measure(item) < measure(smallest)) smallest = item
  return smallest
}
