import { sql, type Insertable } from 'kysely'
import { prepareListQuery, prepareQuery } from '../prepared-query.ts'
import type { BudgetPeriodTable, LedgerEntryTable, ReservationTable, WorkspaceColumns } from '../schema.ts'
import type { SqlBackend } from '../sql-backend.ts'
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
export type EntryRow = Required<Omit<Insertable<LedgerEntryTable>, keyof WorkspaceColumns>>
export type PeriodRow = Required<Omit<Insertable<BudgetPeriodTable>, 'organization_id'>>
type NewReservation = Required<Omit<Insertable<ReservationTable>, 'expires_at' | 'is_presumed'>> & { ttl_ms: number }

/** What must be known before a call is entered: of an entry under its id, and whether its message is known. */
export interface EntryFacts {
  now: number
  counted_at: number | null
  is_duplicate: number | null
  is_overrun: number | null
  is_known_message: number
}

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
      expires_at: sql<number>`${parameter('reserved_at')} + ${parameter('ttl_ms')}`,
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

const prepareEntryQueries = ({ reader: database, now }: SqlBackend) => ({
  entryFacts: prepareQuery<
    WorkspaceColumns & { entry_id: string; session_id: string; message_id: string | null },
    EntryFacts
  >((parameter) =>
    database
      .selectFrom(database.selectNoFrom(sql<number>`${now}`.as('now')).as('clock'))
      .leftJoin('ledger_entry as e', (join) =>
        join
          .on('e.organization_id', '=', parameter('organization_id'))
          .on('e.workspace_id', '=', parameter('workspace_id'))
          .on('e.entry_id', '=', parameter('entry_id')),
      )
      .select(['clock.now', 'e.counted_at', 'e.is_duplicate', 'e.is_overrun'])
      .select((eb) =>
        eb
          .case()
          .when(
            eb.exists(
              eb
                .selectFrom('ledger_entry as known')
                .select('known.entry_id')
                .where('known.organization_id', '=', parameter('organization_id'))
                .where('known.workspace_id', '=', parameter('workspace_id'))
                .where('known.session_id', '=', parameter('session_id'))
                .where('known.message_id', '=', parameter('message_id')),
            ),
          )
          .then(1)
          .else(0)
          .end()
          .as('is_known_message'),
      ),
  ),

  insertEntries: prepareListQuery<WorkspaceColumns, EntryRow, unknown>((parameter, rows) =>
    database.insertInto('ledger_entry').values(
      rows.map((row) => ({
        organization_id: parameter('organization_id'),
        workspace_id: parameter('workspace_id'),
        ...row,
      })),
    ),
  ),

  insertTags: prepareListQuery<WorkspaceColumns & { entry_id: string }, { tag: string }, unknown>((parameter, tags) =>
    database.insertInto('ledger_entry_tag').values(
      tags.map(({ tag }) => ({
        organization_id: parameter('organization_id'),
        workspace_id: parameter('workspace_id'),
        entry_id: parameter('entry_id'),
        tag,
      })),
    ),
  ),

  insertForks: prepareListQuery<WorkspaceColumns & { fork_session_id: string }, { session_id: string }, unknown>(
    (parameter, ancestors) =>
      database
        .insertInto('ledger_fork')
        .values(
          ancestors.map(({ session_id }) => ({
            organization_id: parameter('organization_id'),
            workspace_id: parameter('workspace_id'),
            session_id,
            fork_session_id: parameter('fork_session_id'),
          })),
        )
        .onConflict((conflict) => conflict.doNothing()),
  ),
})
