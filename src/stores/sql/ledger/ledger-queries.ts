import { sql, type Insertable } from 'kysely'
import { prepareListQuery, prepareQuery } from '../prepared-query.ts'
import type { BudgetPeriodTable, ReservationTable, WorkspaceColumns } from '../schema.ts'
import type { SqlBackend } from '../sql-backend.ts'
import { prepareEntryQueries } from './entry-queries.ts'
import {
  amount,
  budgetsInPeriods,
  reservationColumns,
  sharedByWorkspaces,
  type BudgetRow,
  type Periods,
  type ReservationRow,
} from './ledger-rows.ts'

export type LedgerQueries = ReturnType<typeof prepareLedgerQueries>

type ReservationKey = WorkspaceColumns & { reservation_id: string }
export type PeriodRow = Required<Omit<Insertable<BudgetPeriodTable>, 'organization_id'>>
type NewReservation = Required<Omit<Insertable<ReservationTable>, 'expires_at' | 'is_presumed'>> & { ttl_ms: number }

/** The statements that run for every call, compiled once. */
export const prepareLedgerQueries = (backend: SqlBackend) => ({
  ...prepareReservationQueries(backend),
  ...prepareEntryQueries(backend),

  /** The budgets that may be meant by any of these ids, in the periods of a moment. */
  budgets: prepareListQuery<WorkspaceColumns & Periods, { id: string }, BudgetRow>((parameter, ids) =>
    budgetsInPeriods(backend.reader, {
      total: parameter('total'),
      day: parameter('day'),
      month: parameter('month'),
    })
      .where('b.organization_id', '=', parameter('organization_id'))
      .where('b.workspace_id', 'in', [parameter('workspace_id'), sharedByWorkspaces])
      .where(
        'b.scope_id',
        'in',
        ids.map(({ id }) => id),
      ),
  ),

  putPeriods: prepareListQuery<{ organization_id: string }, PeriodRow, unknown>((parameter, rows) =>
    backend.reader
      .insertInto('budget_period')
      .values(rows.map((row) => ({ organization_id: parameter('organization_id'), ...row })))
      .onConflict((conflict) =>
        conflict
          .columns(['organization_id', 'workspace_id', 'scope_id', 'scope', 'time_window', 'period'])
          .doUpdateSet((eb) => ({
            spent_nano_usd: eb.ref('excluded.spent_nano_usd'),
            presumed_nano_usd: eb.ref('excluded.presumed_nano_usd'),
            reserved_nano_usd: eb.ref('excluded.reserved_nano_usd'),
            told_nano_usd: eb.ref('excluded.told_nano_usd'),
          })),
      ),
  ),
})

const prepareReservationQueries = ({ reader: database, now }: SqlBackend) => ({
  /** The time, and what was granted under this id before. */
  reservationFacts: prepareQuery<ReservationKey, { now: number; granted: string | null }>((parameter) =>
    database
      .selectFrom(database.selectNoFrom(sql<number>`${now}`.as('now')).as('clock'))
      .leftJoin('reservation as r', (join) =>
        join
          .on('r.organization_id', '=', parameter('organization_id'))
          .on('r.workspace_id', '=', parameter('workspace_id'))
          .on('r.reservation_id', '=', parameter('reservation_id')),
      )
      .select(['clock.now', sql<string | null>`cast(r.granted_nano_usd as text)`.as('granted')]),
  ),

  insertReservation: prepareQuery<NewReservation, unknown>((parameter) =>
    database.insertInto('reservation').values({
      organization_id: parameter('organization_id'),
      workspace_id: parameter('workspace_id'),
      reservation_id: parameter('reservation_id'),
      run_id: parameter('run_id'),
      session_id: parameter('session_id'),
      forked_from: parameter('forked_from'),
      user_id: parameter('user_id'),
      granted_nano_usd: parameter('granted_nano_usd'),
      owner: parameter('owner'),
      reserved_at: parameter('reserved_at'),
      // PostgreSQL asks for the type of a sum of parameters.
      expires_at: sql<number>`cast(${parameter('reserved_at')} as bigint) + cast(${parameter('ttl_ms')} as bigint)`,
      is_presumed: 0,
    }),
  ),

  takeReservation: prepareQuery<ReservationKey, ReservationRow>((parameter) =>
    database
      .deleteFrom('reservation')
      .where((eb) =>
        eb.and({
          organization_id: parameter('organization_id'),
          workspace_id: parameter('workspace_id'),
          reservation_id: parameter('reservation_id'),
        }),
      )
      .returning([...reservationColumns, amount('granted_nano_usd').as('granted')]),
  ),
})
