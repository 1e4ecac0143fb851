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

/** The name of a session's log among the live subscriptions. */
export const topicOf = (key: SessionKey): string =>
  JSON.stringify([key.organization_id, key.workspace_id, key.session_id])
