import type { Kysely } from 'kysely'
import type { EventTable, SessionKey, Tables } from './schema.ts'
import { prepareListQuery, prepareQuery } from './prepared-query.ts'
import { touched } from './session-row.ts'
import type { SqlBackend } from './sql-backend.ts'

export interface StoredEventRow {
  sequence: number
  schema_version: number
  content: string
}

export type EventRow = Pick<EventTable, 'sequence' | 'event_id' | 'type' | 'schema_version' | 'payload' | 'blob_hash'>

export type EventQueries = ReturnType<typeof prepareEventQueries>

/** The statements of the log that run for every event, compiled once. */
export const prepareEventQueries = ({ reader: database, now }: SqlBackend) => ({
  /** Numbers the events to come: raises the head by `count`, unless a higher fence has written. */
  advance: prepareQuery<SessionKey & { count: number; fence: number }, { head_sequence: number }>((parameter) =>
    database
      .updateTable('session')
      .set((eb) => ({
        head_sequence: eb('head_sequence', '+', parameter('count')),
        fence: parameter('fence'),
        ...touched(now),
      }))
      .where((eb) => eb.and(sessionKey(parameter)))
      .where('fence', '<=', parameter('fence'))
      .returning('head_sequence'),
  ),

  insert: prepareListQuery<SessionKey, EventRow, unknown>((parameter, rows) =>
    database.insertInto('event').values(rows.map((row) => ({ ...sessionKey(parameter), ...row }))),
  ),

  findByIds: prepareListQuery<SessionKey, { event_id: string }, StoredEventRow & { event_id: string }>(
    (parameter, items) =>
      storedEvents(database)
        .select('event.event_id')
        .where((eb) => eb.and(eventKey(parameter)))
        .where(
          'event.event_id',
          'in',
          items.map((item) => item.event_id),
        ),
  ),

  /** For live readers: nothing unless the log is still the one they follow. */
  follow: prepareQuery<SessionKey & { after: number; limit: number; log_id: string }, StoredEventRow>((parameter) =>
    storedEvents(database)
      .innerJoin('session', (join) =>
        join
          .onRef('session.organization_id', '=', 'event.organization_id')
          .onRef('session.workspace_id', '=', 'event.workspace_id')
          .onRef('session.session_id', '=', 'event.session_id'),
      )
      .where((eb) => eb.and(eventKey(parameter)))
      .where('session.log_id', '=', parameter('log_id'))
      .where('event.sequence', '>', parameter('after'))
      .orderBy('event.sequence')
      .limit(parameter('limit')),
  ),

  logState: prepareQuery<SessionKey, { log_id: string; head_sequence: number }>((parameter) =>
    database
      .selectFrom('session')
      .select(['log_id', 'head_sequence'])
      .where((eb) => eb.and(sessionKey(parameter))),
  ),
})

type SessionKeyParameter = (name: keyof SessionKey) => string

const sessionKey = (parameter: SessionKeyParameter): SessionKey => ({
  organization_id: parameter('organization_id'),
  workspace_id: parameter('workspace_id'),
  session_id: parameter('session_id'),
})

const eventKey = (parameter: SessionKeyParameter) => ({
  'event.organization_id': parameter('organization_id'),
  'event.workspace_id': parameter('workspace_id'),
  'event.session_id': parameter('session_id'),
})

/** Events with their content, wherever it is kept. */
export const storedEvents = (database: Kysely<Tables>) =>
  database
    .selectFrom('event')
    .leftJoin('blob', (join) =>
      join
        .onRef('blob.organization_id', '=', 'event.organization_id')
        .onRef('blob.workspace_id', '=', 'event.workspace_id')
        .onRef('blob.hash', '=', 'event.blob_hash'),
    )
    .select((eb) => [
      'event.sequence',
      'event.schema_version',
      eb.fn.coalesce('event.payload', 'blob.content').$notNull().as('content'),
    ])
