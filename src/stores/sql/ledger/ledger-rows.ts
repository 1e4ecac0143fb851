import { sql, type Kysely, type RawBuilder } from 'kysely'
import type { BudgetKey, BudgetScope, BudgetWindow } from '../../../domain/budget.ts'
import { periodOf, type BudgetPeriod } from '../../../domain/budget-period.ts'
import type { RunId, SessionId } from '../../../domain/ids.ts'
import type { Reservation } from '../../ledger/reservation.ts'
import type { BudgetKeyColumns, Tables, WorkspaceColumns } from '../schema.ts'

/** In place of a workspace's id in the key of a budget that all workspaces of the organization share. */
export const sharedByWorkspaces = ''

/** An exact amount, which a JavaScript number might not hold. */
export const amount = (column: string): RawBuilder<string> => sql<string>`cast(${sql.ref(column)} as text)`

const amountOrElse = (column: string, otherwise: number): RawBuilder<string> =>
  sql<string>`cast(coalesce(${sql.ref(column)}, ${sql.lit(otherwise)}) as text)`

export const budgetKeyColumns = (key: BudgetKey, workspace: WorkspaceColumns): BudgetKeyColumns => ({
  organization_id: workspace.organization_id,
  workspace_id: key.scope === 'organization' ? sharedByWorkspaces : workspace.workspace_id,
  scope_id: key.id,
  scope: key.scope,
  time_window: key.window,
})

/** The names of the periods in which a moment lies. */
export interface Periods {
  readonly total: string
  readonly day: string
  readonly month: string
}

export const periodsAt = (atMs: number): Periods => ({
  total: periodOf('total', atMs),
  day: periodOf('day', atMs),
  month: periodOf('month', atMs),
})

/** Budgets, each with its period among those named; one in which nothing counted yet stands at zero. */
export const budgetsInPeriods = (database: Kysely<Tables>, periods: Periods) =>
  database
    .selectFrom('budget as b')
    .leftJoin('budget_period as p', (join) =>
      join
        .onRef('p.organization_id', '=', 'b.organization_id')
        .onRef('p.workspace_id', '=', 'b.workspace_id')
        .onRef('p.scope_id', '=', 'b.scope_id')
        .onRef('p.scope', '=', 'b.scope')
        .onRef('p.time_window', '=', 'b.time_window')
        // The names of a window's periods have a form of their own, so each budget finds only its own.
        .on('p.period', 'in', [periods.total, periods.day, periods.month]),
    )
    .select(['b.scope', 'b.scope_id', 'b.time_window', 'b.mode', 'b.thresholds', 'b.is_closed'])
    .select([
      amount('b.limit_nano_usd').as('limit_amount'),
      amountOrElse('p.spent_nano_usd', 0).as('spent'),
      amountOrElse('p.presumed_nano_usd', 0).as('presumed'),
      amountOrElse('p.reserved_nano_usd', 0).as('reserved'),
      amountOrElse('p.told_nano_usd', -1).as('told'),
    ])

export interface BudgetRow {
  scope: string
  scope_id: string
  time_window: string
  mode: string
  thresholds: string
  is_closed: number
  limit_amount: string
  spent: string
  presumed: string
  reserved: string
  told: string
}

export function budgetPeriodOf(row: BudgetRow, periods: Periods): BudgetPeriod {
  const window = row.time_window as BudgetWindow
  return {
    scope: row.scope as BudgetScope,
    id: row.scope_id,
    window,
    limitNanoUsd: BigInt(row.limit_amount),
    mode: row.mode as 'hard' | 'soft',
    thresholds: JSON.parse(row.thresholds) as number[],
    spentNanoUsd: BigInt(row.spent),
    presumedNanoUsd: BigInt(row.presumed),
    reservedNanoUsd: BigInt(row.reserved),
    isClosed: row.is_closed === 1,
    period: periods[window],
    toldNanoUsd: BigInt(row.told),
  }
}

export interface ReservationRow extends WorkspaceColumns {
  reservation_id: string
  run_id: string
  session_id: string
  forked_from: string
  user_id: string | null
  granted: string
  reserved_at: number
  is_presumed: number
}

export const reservationColumns = [
  'organization_id',
  'workspace_id',
  'reservation_id',
  'run_id',
  'session_id',
  'forked_from',
  'user_id',
  'reserved_at',
  'is_presumed',
] as const

export const reservationOf = (row: ReservationRow): Reservation => ({
  id: row.reservation_id,
  account: {
    runId: row.run_id as RunId,
    sessionId: row.session_id as SessionId,
    forkedFrom: JSON.parse(row.forked_from) as SessionId[],
    userId: row.user_id,
    workspaceId: row.workspace_id,
    organizationId: row.organization_id,
  },
  grantedNanoUsd: BigInt(row.granted),
  reservedAtMs: row.reserved_at,
  isPresumed: row.is_presumed === 1,
})
