import type { LoggedEvent } from '../../domain/session-event.ts'
import type { LeaseOwner } from '../../ports/lease.ts'
import type { EventFeed } from '../events/event-feed.ts'
import type { EventQueries } from './event-queries.ts'
import type { SessionKey, WorkspaceColumns } from './schema.ts'
import type { SqlBackend } from './sql-backend.ts'

/** What the stores of one workspace share. */
export interface SqlStoreContext {
  readonly backend: SqlBackend
  readonly feed: EventFeed
  readonly eventQueries: EventQueries
  readonly workspace: WorkspaceColumns
  /** True only when the owner of a lease provably lives no more. */
  readonly isOwnerGone: (owner: LeaseOwner) => boolean
}

/** The name of a session's log among the live subscriptions, and of the turn in which the session is written. */
export const topicOf = (key: SessionKey): string =>
  JSON.stringify([key.organization_id, key.workspace_id, key.session_id])

/** Hands events that were just committed to those who follow the log, here and elsewhere. */
export function publish({ feed, backend }: SqlStoreContext, key: SessionKey, events: readonly LoggedEvent[]): void {
  if (events.length === 0) return
  feed.publish(topicOf(key), events)
  backend.announce(topicOf(key))
}

/** Ends the subscriptions of a log that is gone, here and elsewhere. */
export function endTopic({ feed, backend }: SqlStoreContext, key: SessionKey): void {
  feed.end(topicOf(key))
  backend.announce(topicOf(key))
}
