import type { EventId, SessionId } from '../domain/ids.ts'
import type { EventDraft, LoggedEvent, SessionEventType } from '../domain/session-event.ts'

/** The spine: an append-only, numbered list of events per session, within one workspace. */
export interface EventLog {
  /**
   * Appends in order, all or none, and resolves once the events are durable. Appends that wait at
   * the same time are committed together. An event whose id the session already has is returned as
   * it is stored, not appended again.
   * @throws {PerdureError} `lease_lost` when a higher fence has written to this session;
   *   `session_not_found` when the session does not exist (any more).
   */
  append(sessionId: SessionId, drafts: readonly EventDraft[], options: AppendOptions): Promise<LoggedEvent[]>
  /** Events after `after` (0 for all), oldest first. */
  read(sessionId: SessionId, options?: ReadOptions): Promise<LoggedEvent[]>
  /** The sequence number of the newest event; 0 when there is none. */
  head(sessionId: SessionId): Promise<number>
  /**
   * History after `after`, then what is appended from now on, by whatever process: no gap, nothing
   * twice. Ends when `signal` aborts or the session is deleted. A slow reader reads on from the log;
   * it never holds a writer back.
   */
  subscribe(sessionId: SessionId, options?: SubscribeOptions): AsyncIterable<LoggedEvent>
  /** Removes all events of the session. */
  delete(sessionId: SessionId): Promise<void>
}

export interface AppendOptions {
  /** Fencing token of the writer's lease; the store remembers the highest and refuses a lower one. */
  readonly fence: number
  /** Inputs that leave the inbox in the same commit, because these events take them in. */
  readonly takenFromInbox?: readonly EventId[]
}

export interface ReadOptions {
  readonly after?: number
  readonly upTo?: number
  readonly limit?: number
  readonly types?: readonly SessionEventType[]
}

export interface SubscribeOptions {
  readonly after?: number
  readonly signal?: AbortSignal
}
