import { sql, type Kysely, type SelectQueryBuilder } from 'kysely'
import type { BudgetKey, BudgetLimit, BudgetState } from '../../../domain/budget.ts'
import {
  boundsOfPeriod,
  countOf,
  openBudget,
  periodOf,
  stateOf,
  type BudgetPeriod,
  type PeriodCount,
} from '../../../domain/budget-period.ts'
import { countsIn } from '../../../domain/call-account.ts'
import type { NanoUsd } from '../../../domain/money.ts'
import type { Tables, WorkspaceColumns } from '../schema.ts'
import { periodRow, type LedgerContext } from './ledger-context.ts'
import {
  amount,
  budgetKeyColumns,
  budgetPeriodOf,
  budgetsInPeriods,
  periodsAt,
  reservationColumns,
  reservationOf,
} from './ledger-rows.ts'

/** Sets a limit. What counts in it is kept, or summed up when the budget is new. */
export async function setBudget(
  transaction: Kysely<Tables>,
  { limit, workspace }: { limit: BudgetLimit; workspace: WorkspaceColumns },
  { backend, queries }: LedgerContext,
): Promise<BudgetState> {
  const clock = await transaction.selectNoFrom(sql<number>`${backend.now}`.as('now')).executeTakeFirstOrThrow()
  const at = { key: limit, workspace, atMs: clock.now }
  const counted = (await findBudget(transaction, at)) ?? (await sumUp(transaction, at))
  const { period, spentNanoUsd, presumedNanoUsd, toldNanoUsd } = counted
  const reservedNanoUsd = limit.mode === 'hard' ? await sumHeld(transaction, at) : 0n
  const budget = openBudget(limit, { period, spentNanoUsd, presumedNanoUsd, toldNanoUsd, reservedNanoUsd })
  await putLimit(transaction, budget, workspace)
  const { organization_id } = workspace
  await transaction.executeQuery(queries.putPeriods({ organization_id }, [periodRow(budget, workspace)]))
  return stateOf(budget)
}

export async function removeBudget(
  transaction: Kysely<Tables>,
  { key, workspace }: { key: BudgetKey; workspace: WorkspaceColumns },
): Promise<void> {
  await transaction
    .deleteFrom('budget')
    .where((eb) => eb.and(budgetKeyColumns(key, workspace)))
    .execute()
}

interface BudgetAt {
  readonly key: BudgetKey
  readonly workspace: WorkspaceColumns
  readonly atMs: number
}

async function findBudget(
  transaction: Kysely<Tables>,
  { key, workspace, atMs }: BudgetAt,
): Promise<BudgetPeriod | undefined> {
  const periods = periodsAt(atMs)
  const columns = budgetKeyColumns(key, workspace)
  const row = await budgetsInPeriods(transaction, periods)
    .where('b.organization_id', '=', columns.organization_id)
    .where('b.workspace_id', '=', columns.workspace_id)
    .where('b.scope_id', '=', columns.scope_id)
    .where('b.scope', '=', columns.scope)
    .where('b.time_window', '=', columns.time_window)
    .executeTakeFirst()
  return row && budgetPeriodOf(row, periods)
}

/** What was spent in the budget's window before there was the budget. */
async function sumUp(transaction: Kysely<Tables>, { key, workspace, atMs }: BudgetAt): Promise<PeriodCount> {
  let entries = entriesOf(transaction, key, workspace)
  if (key.window !== 'total') {
    const { fromMs, toMs } = boundsOfPeriod(key.window, atMs)
    entries = entries.where('counted_at', '>=', fromMs).where('counted_at', '<', toMs)
  }
  const row = await entries
    .select([
      sql<string>`cast(coalesce(sum(cost_nano_usd), 0) as text)`.as('spent'),
      sql<string>`cast(coalesce(sum(presumed_nano_usd), 0) as text)`.as('presumed'),
    ])
    .executeTakeFirstOrThrow()
  const entered = { spentNanoUsd: BigInt(row.spent), presumedNanoUsd: BigInt(row.presumed) }
  return countOf(periodOf(key.window, atMs), entered)
}

function entriesOf(
  transaction: Kysely<Tables>,
  key: BudgetKey,
  { organization_id, workspace_id }: WorkspaceColumns,
): SelectQueryBuilder<Tables, 'ledger_entry', object> {
  const all = transaction.selectFrom('ledger_entry').where('organization_id', '=', organization_id)
  if (key.scope === 'organization') return all
  const entries = all.where('workspace_id', '=', workspace_id)
  switch (key.scope) {
    case 'workspace':
      return entries
    case 'run':
      return entries.where('run_id', '=', key.id)
    case 'user':
      return entries.where('user_id', '=', key.id)
    case 'session': {
      const forks = transaction
        .selectFrom('ledger_fork')
        .select('fork_session_id')
        .where((eb) => eb.and({ organization_id, workspace_id, session_id: key.id }))
      const itself = transaction.selectNoFrom(sql<string>`${key.id}`.as('fork_session_id'))
      return entries.where('session_id', 'in', forks.unionAll(itself))
    }
  }
}

/** What is held for calls under way that count in the budget, in the present period. */
async function sumHeld(transaction: Kysely<Tables>, { key, workspace, atMs }: BudgetAt): Promise<NanoUsd> {
  let query = transaction
    .selectFrom('reservation')
    .select([...reservationColumns, amount('granted_nano_usd').as('granted')])
    .where('organization_id', '=', workspace.organization_id)
    .where('is_presumed', '=', 0)
  if (key.scope !== 'organization') query = query.where('workspace_id', '=', workspace.workspace_id)
  const period = periodOf(key.window, atMs)
  return (await query.execute())
    .map((row) => reservationOf(row))
    .filter(({ account, reservedAtMs }) => countsIn(key, account) && periodOf(key.window, reservedAtMs) === period)
    .reduce((sum, { grantedNanoUsd }) => sum + grantedNanoUsd, 0n)
}

async function putLimit(transaction: Kysely<Tables>, budget: BudgetPeriod, workspace: WorkspaceColumns): Promise<void> {
  const columns = {
    limit_nano_usd: budget.limitNanoUsd,
    mode: budget.mode,
    thresholds: JSON.stringify(budget.thresholds),
    is_closed: 0,
  }
  await transaction
    .insertInto('budget')
    .values({ ...budgetKeyColumns(budget, workspace), ...columns })
    .onConflict((conflict) =>
      conflict.columns(['organization_id', 'workspace_id', 'scope_id', 'scope', 'time_window']).doUpdateSet(columns),
    )
    .execute()
}
