import { hold, settleInBudgets } from '../../domain/budget-count.ts'
import { stateOf } from '../../domain/budget-period.ts'
import type { TenantAccount } from '../../domain/call-account.ts'
import { decideReserve } from '../../domain/reserve-decision.ts'
import type { EnteredCall, LedgerCall, ReserveAnswer, ReserveRequest, SettledCall } from '../../ports/ledger.ts'
import { entryOfCall } from './entry-of-call.ts'
import type { LedgerBooks } from './ledger-books.ts'

/** Holds the call's worst case in every hard budget above it, at once or not at all. */
export function reserve(
  books: LedgerBooks,
  request: ReserveRequest & { readonly account: TenantAccount },
): ReserveAnswer {
  const { reservationId: id, account, owner, ttlMs } = request
  const { nowMs } = books.pages
  const [known] = books.pages.reservations(account.workspaceId, [id])
  if (known) return { status: 'reserved', grantedNanoUsd: known.grantedNanoUsd }
  let budgets = books.budgetsOf(account, nowMs)
  let decision = decideReserve(budgets, request)
  if (decision.status === 'busy') {
    books.giveUpDeadReservations(decision.budget.scope === 'organization' ? undefined : account.workspaceId)
    budgets = books.budgetsOf(account, nowMs)
    decision = decideReserve(budgets, request)
  }
  if (decision.status === 'unlimited') return decision
  if (decision.status !== 'reserved') return { status: decision.status, budget: stateOf(decision.budget) }
  const { grantedNanoUsd } = decision
  const times = { reservedAtMs: nowMs, expiresAtMs: nowMs + Math.round(ttlMs) }
  books.pages.putReservation({ id, account, grantedNanoUsd, owner: { ...owner }, ...times, isPresumed: false })
  books.putBudgets(
    account,
    budgets.map((budget) => hold(budget, grantedNanoUsd)),
  )
  return decision
}

/** Enters a call, counts it in its budgets and ends its reservation. */
export function settle(books: LedgerBooks, call: LedgerCall & { readonly account: TenantAccount }): SettledCall {
  const { reservationId, messageId } = call
  const { workspaceId, sessionId } = call.account
  const [entered] = books.pages.entries(workspaceId, [call.id])
  if (entered) {
    const budgets = books.budgetsOf(entered.account, entered.countedAtMs).map((budget) => stateOf(budget))
    return { isDuplicate: entered.isDuplicate, isOverrun: entered.isOverrun, budgets, crossed: [] }
  }
  const isDuplicate = messageId !== null && books.pages.knowsMessage({ workspaceId, sessionId, messageId })
  const held = reservationId === null ? undefined : books.takeReservation(workspaceId, reservationId)
  // Whoever reserved it pays for it.
  const account = held?.account ?? call.account
  const countedAtMs = held?.reservedAtMs ?? books.pages.nowMs
  const before = books.budgetsOf(account, countedAtMs)
  const settled = settleInBudgets(before, { ...call, isDuplicate, held, wasReserved: reservationId !== null })
  const { isOverrun } = settled
  const entry = entryOfCall(call, { ...settled, isDuplicate })
  const { costNanoUsd, presumedNanoUsd } = entry
  const counted = { countedAtMs, costNanoUsd, presumedNanoUsd, isDuplicate, isOverrun }
  books.pages.putEntry({ id: call.id, account, ...counted, call: structuredClone(detailsOf(entry)) })
  books.putBudgets(account, settled.budgets)
  return {
    isDuplicate,
    isOverrun,
    budgets: settled.budgets.map((budget) => stateOf(budget)),
    crossed: settled.crossed.map(({ budget, threshold }) => ({ budget: stateOf(budget), threshold })),
  }
}

function detailsOf(call: LedgerCall): EnteredCall {
  const { id: _id, account: _account, reservationId: _reservation, ...rest } = call
  const { costNanoUsd: _cost, presumedNanoUsd: _presumed, ...details } = rest
  return details
}
