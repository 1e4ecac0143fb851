import type { Kysely } from 'kysely'
import { presume } from '../../../domain/budget-count.ts'
import type { BudgetState } from '../../../domain/budget.ts'
import { stateOf, type BudgetPeriod } from '../../../domain/budget-period.ts'
import type { LeaseOwner } from '../../../ports/lease.ts'
import type { Reservation } from '../../ledger/reservation.ts'
import type { SessionKey, Tables } from '../schema.ts'
import { enterEntries } from './enter-entries.ts'
import { presumedEntryOf } from './entry-row.ts'
import { budgetsOf, ledgerTurn, nowOf, putBudgets, workspaceOf, type LedgerContext } from './ledger-context.ts'
import { amount, periodsAt, reservationColumns, reservationOf, type Periods } from './ledger-rows.ts'

/** Whose reservations are meant: a workspace's, or those of all workspaces of an organization. */
export interface ReservationScope {
  readonly organization_id: string
  readonly workspace_id?: string
}

/**
 * Counts as presumed what is held for calls of which nobody will hear any more: their time is over, or
 * their owner provably lives no more.
 */
export async function giveUpDeadReservations(
  transaction: Kysely<Tables>,
  scope: ReservationScope,
  context: LedgerContext,
): Promise<void> {
  for (const reservation of await findDead(transaction, scope, context)) {
    await giveUp(transaction, reservation, context)
  }
}

/** The same in a transaction of its own, and only when there are any: for those who just want to read. */
export async function giveUpIfDead(scope: ReservationScope, context: LedgerContext): Promise<boolean> {
  const { backend } = context
  if ((await findDead(backend.reader, scope, context)).length === 0) return false
  await backend.write(ledgerTurn(scope.organization_id), (transaction) =>
    giveUpDeadReservations(transaction, scope, context),
  )
  return true
}

/** What is read of an organization's budgets once nothing is held for the dead. Where nothing is held, that is one read. */
export async function readBudgets(
  { organization_id, read }: { organization_id: string; read: (periods: Periods) => Promise<readonly BudgetPeriod[]> },
  context: LedgerContext,
): Promise<BudgetState[]> {
  const periods = periodsAt(await nowOf(context))
  let budgets = await read(periods)
  const isHeld = budgets.some(({ reservedNanoUsd }) => reservedNanoUsd > 0n)
  if (isHeld && (await giveUpIfDead({ organization_id }, context))) budgets = await read(periods)
  return budgets.map((budget) => stateOf(budget))
}

/** Counts as presumed all that is held for calls of one session, whoever makes them. */
export async function giveUpReservationsOf(
  transaction: Kysely<Tables>,
  session: SessionKey,
  context: LedgerContext,
): Promise<void> {
  for (const row of await findOpen(transaction, session, context)) {
    await giveUp(transaction, reservationOf(row), context)
  }
}

const findOpen = (database: Kysely<Tables>, scope: ReservationScope | SessionKey, { backend }: LedgerContext) =>
  database
    .selectFrom('reservation')
    .select([...reservationColumns, 'owner', amount('granted_nano_usd').as('granted')])
    .select((eb) => eb.case().when('expires_at', '<=', backend.now).then(1).else(0).end().as('is_over'))
    .where((eb) => eb.and({ ...scope }))
    .where('is_presumed', '=', 0)
    .execute()

async function findDead(
  database: Kysely<Tables>,
  scope: ReservationScope,
  context: LedgerContext,
): Promise<Reservation[]> {
  const { isOwnerGone } = context
  const rows = await findOpen(database, scope, context)
  const judged = new Map<string, boolean>()
  const isGone = (json: string): boolean => {
    const owner = JSON.parse(json) as LeaseOwner
    // Judged once for each process, however many runs it has.
    const name = JSON.stringify([owner.host, owner.processId, owner.startedAt])
    const known = judged.get(name) ?? isOwnerGone(owner)
    judged.set(name, known)
    return known
  }
  return rows.filter((row) => row.is_over === 1 || isGone(row.owner)).map((row) => reservationOf(row))
}

async function giveUp(transaction: Kysely<Tables>, reservation: Reservation, context: LedgerContext): Promise<void> {
  const { queries } = context
  const { account, reservedAtMs, grantedNanoUsd } = reservation
  const workspace = workspaceOf(account)
  await transaction
    .updateTable('reservation')
    .set({ is_presumed: 1 })
    .where((eb) => eb.and({ ...workspace, reservation_id: reservation.id }))
    .execute()
  await enterEntries(transaction, { account, entries: [presumedEntryOf(reservation, grantedNanoUsd)] }, queries)
  const before = await budgetsOf(transaction, account, { queries, periods: periodsAt(reservedAtMs) })
  const after = before.map((budget) => presume(budget, grantedNanoUsd))
  await putBudgets(transaction, { before, after, workspace }, queries)
}
