import type { SessionId } from '../domain/ids.ts'
import type { WaitingInput } from './inbox.ts'
import type { SessionRecord } from './session-records.ts'

/**
 * How whole sessions come into a workspace and leave it. A session in transit, arriving or departed, is there for nobody:
 * `SessionRecords` neither gets nor lists nor changes it, no lease of it is given, no input is taken. What it consists of
 * is written and read by its id through the other ports, as that of any session, and `SessionRecords.delete` removes it.
 */
export interface SessionTransit {
  /**
   * Makes room for a session that comes from elsewhere. Under the fence that it resolves to, its events and transcripts can
   * be written from now on. One of this id that had begun to arrive is removed first, with all that it had brought, and its
   * fence is behind; so is one that has expired. What has not arrived a day after it was last written to is removed by
   * `SessionRecords.deleteExpired`.
   * @throws {PerdureError} `session_exists` when the workspace has a session of this id, also one that has departed.
   */
  expect(record: SessionRecord): Promise<number>
  /**
   * All is there: with its record as it was given, dates included, and with what waits in its inbox, in this order, it is
   * from now on a session like any other. Its time to live begins anew.
   * @throws {PerdureError} `lease_lost` when a higher fence has been given out; `session_not_found` when nothing arrives here.
   */
  arrive(sessionId: SessionId, arrival: { fence: number; waiting: readonly WaitingInput[] }): Promise<SessionRecord>
  /**
   * The session is about to be in another place, which `to` names. It is kept as it is, whatever its time to live, until it
   * is deleted or returns; its lease is given back.
   * @throws {PerdureError} `lease_lost` when a higher fence has written; `session_not_found`.
   */
  depart(sessionId: SessionId, departure: { fence: number; to: string }): Promise<void>
  /** Those that have departed and are not deleted yet, the oldest session first. */
  departures(): Promise<Departure[]>
  /** It stays here after all; does nothing for one that has not departed. Its time to live begins anew. */
  comeBack(sessionId: SessionId): Promise<void>
}

export interface Departure {
  readonly record: SessionRecord
  readonly to: string
}
