import { sql, type Insertable } from 'kysely'
import { prepareListQuery, prepareQuery } from '../prepared-query.ts'
import type { LedgerEntryTable, WorkspaceColumns } from '../schema.ts'
import type { SqlBackend } from '../sql-backend.ts'

export type EntryRow = Required<Omit<Insertable<LedgerEntryTable>, keyof WorkspaceColumns>>

/** What must be known before a call is entered: of an entry under its id, and whether its message is known. */
export interface EntryFacts {
  now: number
  counted_at: number | null
  is_duplicate: number | null
  is_overrun: number | null
  is_known_message: number
}

/** The statements that enter a call. */
export const prepareEntryQueries = (backend: SqlBackend) => ({
  ...prepareInserts(backend),
  entryFacts: prepareQuery<
    WorkspaceColumns & { entry_id: string; session_id: string; message_id: string | null },
    EntryFacts
  >((parameter) =>
    backend.reader
      .selectFrom(backend.reader.selectNoFrom(sql<number>`${backend.now}`.as('now')).as('clock'))
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
})

const prepareInserts = ({ reader: database }: SqlBackend) => ({
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
