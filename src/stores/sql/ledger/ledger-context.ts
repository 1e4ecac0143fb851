import { sql, type Kysely } from 'kysely'
import { isSameBudget, type BudgetPeriod } from '../../../domain/budget-period.ts'
import { countsIn, type TenantAccount } from '../../../domain/call-account.ts'
import type { LeaseOwner } from '../../../ports/lease.ts'
import type { Tables, WorkspaceColumns } from '../schema.ts'
import type { SqlBackend } from '../sql-backend.ts'
import type { LedgerQueries, PeriodRow } from './ledger-queries.ts'
import { budgetKeyColumns, budgetPeriodOf, budgetsInPeriods, type Periods } from './ledger-rows.ts'

/** What the ledgers of one database share. */
export interface LedgerContext {
  readonly backend: SqlBackend
  readonly queries: LedgerQueries
  readonly isOwnerGone: (owner: LeaseOwner) => boolean
}

/** All workspaces of an organization may share budgets, so its ledger is written in one turn. */
export const ledgerTurn = (organizationId: string): string => JSON.stringify(['ledger', organizationId])

export const workspaceOf = (account: Pick<TenantAccount, 'organizationId' | 'workspaceId'>): WorkspaceColumns => ({
  organization_id: account.organizationId,
  workspace_id: account.workspaceId,
})

/** The budgets in which a call of this account counts, in these periods. */
export async function budgetsOf(
  database: Kysely<Tables>,
  account: TenantAccount,
  { queries, periods }: { queries: LedgerQueries; periods: Periods },
): Promise<BudgetPeriod[]> {
  const { runId, sessionId, forkedFrom, userId, workspaceId, organizationId } = account
  const ids = [runId, sessionId, ...forkedFrom, ...(userId === null ? [] : [userId]), workspaceId, organizationId]
  const query = queries.budgets(
    { ...workspaceOf(account), ...periods },
    ids.map((id) => ({ id })),
  )
  const { rows } = await database.executeQuery(query)
  return rows.map((row) => budgetPeriodOf(row, periods)).filter((budget) => countsIn(budget, account))
}

/** All budgets of these workspaces, in an order that stays. */
export async function budgetsIn(
  database: Kysely<Tables>,
  { organization_id, workspaceIds }: { organization_id: string; workspaceIds: readonly string[] },
  periods: Periods,
): Promise<BudgetPeriod[]> {
  const rows = await budgetsInPeriods(database, periods)
    .where('b.organization_id', '=', organization_id)
    .where('b.workspace_id', 'in', [...workspaceIds])
    .orderBy('b.workspace_id')
    .orderBy('b.scope')
    .orderBy('b.scope_id')
    .orderBy('b.time_window')
    .execute()
  return rows.map((row) => budgetPeriodOf(row, periods))
}

/** Writes down how the budgets stand after something was counted, closed ones included. */
export async function putBudgets(
  transaction: Kysely<Tables>,
  change: { before: readonly BudgetPeriod[]; after: readonly BudgetPeriod[]; workspace: WorkspaceColumns },
  queries: LedgerQueries,
): Promise<void> {
  const { before, after, workspace } = change
  const changed = after.filter((budget) => !before.includes(budget))
  if (changed.length === 0) return
  const { organization_id } = workspace
  const rows = changed.map((budget) => periodRow(budget, workspace))
  await transaction.executeQuery(queries.putPeriods({ organization_id }, rows))
  for (const budget of changed.filter(({ isClosed }) => isClosed)) {
    if (before.find((one) => isSameBudget(one, budget))?.isClosed === true) continue
    await transaction
      .updateTable('budget')
      .set({ is_closed: 1 })
      .where((eb) => eb.and(budgetKeyColumns(budget, workspace)))
      .execute()
  }
}

export function periodRow(budget: BudgetPeriod, workspace: WorkspaceColumns): PeriodRow {
  const { workspace_id, scope_id, scope, time_window } = budgetKeyColumns(budget, workspace)
  return {
    workspace_id,
    scope_id,
    scope,
    time_window,
    period: budget.period,
    spent_nano_usd: budget.spentNanoUsd,
    presumed_nano_usd: budget.presumedNanoUsd,
    reserved_nano_usd: budget.reservedNanoUsd,
    told_nano_usd: budget.toldNanoUsd,
  }
}

export async function nowOf({ backend }: LedgerContext): Promise<number> {
  const row = await backend.reader.selectNoFrom(sql<number>`${backend.now}`.as('now')).executeTakeFirstOrThrow()
  return row.now
}
