import type { Kysely } from 'kysely'
import { settleInBudgets, withdraw } from '../../../domain/budget-count.ts'
import { stateOf } from '../../../domain/budget-period.ts'
import type { TenantAccount } from '../../../domain/call-account.ts'
import type { LedgerCall, SettledCall } from '../../../ports/ledger.ts'
import { entryOfCall } from '../../ledger/entry-of-call.ts'
import type { Reservation } from '../../ledger/reservation.ts'
import type { Tables } from '../schema.ts'
import { enterEntries } from './enter-entries.ts'
import type { EntryRow } from './entry-queries.ts'
import { entryOf, presumedEntryOf } from './entry-row.ts'
import { budgetsOf, putBudgets, workspaceOf, type LedgerContext } from './ledger-context.ts'
import type { LedgerQueries } from './ledger-queries.ts'
import { periodsAt, reservationOf } from './ledger-rows.ts'

/** A call with the tenant that its account belongs to. */
export type TenantCall = LedgerCall & { readonly account: TenantAccount }

/** Enters a call, counts it in its budgets and ends its reservation. */
export async function settleCall(
  transaction: Kysely<Tables>,
  call: TenantCall,
  { queries }: LedgerContext,
): Promise<SettledCall> {
  const { id, reservationId, messageId } = call
  const workspace = workspaceOf(call.account)
  const key = { ...workspace, entry_id: id, session_id: call.account.sessionId, message_id: messageId }
  const facts = (await transaction.executeQuery(queries.entryFacts(key))).rows[0]!
  if (facts.counted_at !== null) {
    const budgets = await budgetsOf(transaction, call.account, { queries, periods: periodsAt(facts.counted_at) })
    const [isDuplicate, isOverrun] = [facts.is_duplicate === 1, facts.is_overrun === 1]
    return { isDuplicate, isOverrun, budgets: budgets.map((budget) => stateOf(budget)), crossed: [] }
  }
  const wanted = { account: call.account, reservationId, queries }
  const held = reservationId === null ? undefined : await takeReservation(transaction, { ...wanted, reservationId })
  // Whoever reserved it pays for it.
  const account = held?.account ?? call.account
  const countedAtMs = held?.reservedAtMs ?? facts.now
  const before = await budgetsOf(transaction, account, { queries, periods: periodsAt(countedAtMs) })
  const isDuplicate = facts.is_known_message === 1
  const settled = settleInBudgets(before, { ...call, isDuplicate, held, wasReserved: reservationId !== null })
  const { budgets: after, isOverrun, crossed } = settled
  const entered = { ...entryOfCall(call, { ...settled, isDuplicate }), account }
  const entry = entryOf(entered, { countedAtMs, isDuplicate, isOverrun })
  await enterEntries(transaction, { account, entries: [entry, ...correctionOf(held)] }, queries)
  await enterTags(transaction, call, queries)
  await putBudgets(transaction, { before, after, workspace }, queries)
  return {
    isDuplicate,
    isOverrun,
    budgets: after.map((budget) => stateOf(budget)),
    crossed: crossed.map(({ budget, threshold }) => ({ budget: stateOf(budget), threshold })),
  }
}

/** Ends a reservation whose call was never made. */
export async function releaseReservation(
  transaction: Kysely<Tables>,
  reservation: { account: WorkspaceAccount; reservationId: string },
  { queries }: LedgerContext,
): Promise<void> {
  const held = await takeReservation(transaction, { ...reservation, queries })
  if (!held) return
  const workspace = workspaceOf(held.account)
  await enterEntries(transaction, { account: held.account, entries: correctionOf(held) }, queries)
  const before = await budgetsOf(transaction, held.account, { queries, periods: periodsAt(held.reservedAtMs) })
  const after = before.map((budget) => withdraw(budget, held))
  await putBudgets(transaction, { before, after, workspace }, queries)
}

type WorkspaceAccount = Pick<TenantAccount, 'organizationId' | 'workspaceId'>

/** Removes the reservation and tells what it was. */
async function takeReservation(
  transaction: Kysely<Tables>,
  wanted: { account: WorkspaceAccount; reservationId: string; queries: LedgerQueries },
): Promise<Reservation | undefined> {
  const { account, reservationId, queries } = wanted
  const { rows } = await transaction.executeQuery(
    queries.takeReservation({ ...workspaceOf(account), reservation_id: reservationId }),
  )
  return rows[0] && reservationOf(rows[0])
}

/** What takes back the presumption of a reservation that somebody settles or releases after all. */
const correctionOf = (held: Reservation | undefined): EntryRow[] =>
  held?.isPresumed ? [presumedEntryOf(held, -held.grantedNanoUsd)] : []

async function enterTags(transaction: Kysely<Tables>, call: TenantCall, queries: LedgerQueries): Promise<void> {
  const tags = [...new Set(call.tags)].map((tag) => ({ tag }))
  if (tags.length === 0) return
  await transaction.executeQuery(queries.insertTags({ ...workspaceOf(call.account), entry_id: call.id }, tags))
}
