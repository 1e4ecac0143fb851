import type { EventId, SessionId } from '../domain/ids.ts'
import type { UserInputEvent } from '../domain/user-input.ts'

/** What was said to a session and is not yet taken in by its agent. Durable, oldest first. */
export interface Inbox {
  /**
   * Resolves once the input is durable; its priority is `next` unless said otherwise. The same event id
   * is kept once, also when the log has taken it in meanwhile.
   * @throws {PerdureError} `session_not_found` when the session does not exist or has expired.
   */
  put(sessionId: SessionId, input: UserInputEvent, options?: { priority?: InputPriority }): Promise<void>
  /** All that waits, in order of arrival. */
  list(sessionId: SessionId): Promise<WaitingInput[]>
  /** Takes back inputs that still wait; resolves to those that did. */
  remove(sessionId: SessionId, ids: readonly EventId[]): Promise<EventId[]>
}

/** `next`: folded into the running turn at its next step. `later`: a turn of its own. `now`: ends the running turn. */
export type InputPriority = 'now' | 'next' | 'later'

export interface WaitingInput {
  readonly input: UserInputEvent
  readonly priority: InputPriority
}
