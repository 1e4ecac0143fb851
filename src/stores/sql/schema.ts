/**
 * The tables, the same on every SQL database: text, integer and bigint columns only, JSON as text,
 * times in milliseconds since 1970 by the database's clock. A workspace comes first in every key.
 */
export interface Tables {
  session: SessionTable
  session_tag: SessionTagTable
  deleted_session: DeletedSessionTable
  event: EventTable
  blob: BlobTable
  inbox: InboxTable
  conversation: ConversationTable
  transcript_entry: TranscriptEntryTable
  migration: MigrationTable
}

export interface WorkspaceColumns {
  organization_id: string
  workspace_id: string
}

export interface SessionKey extends WorkspaceColumns {
  session_id: string
}

export interface SessionTable extends SessionKey {
  title: string | null
  /** JSON, in the order given; `session_tag` is what a listing filters by. */
  tags: string
  metadata: string
  working_directory: string
  model: string | null
  parent_session_id: string | null
  parent_sequence: number | null
  ttl_ms: number | null
  created_at: number
  updated_at: number
  /** `updated_at + ttl_ms`, null without a time to live. */
  expires_at: number | null
  agent_session_id: string | null
  status: string
  /** Names the log; a deleted and recreated one gets another. */
  log_id: string
  head_sequence: number
  /** Highest fencing token that was given out or has written. */
  fence: number
  /** JSON of the owner, null when nobody drives the session. */
  lease_owner: string | null
  lease_expires_at: number | null
}

export interface SessionTagTable extends SessionKey {
  tag: string
}

/** Keeps the fence of sessions that are gone, so that one made anew under the same id goes on from there. */
export interface DeletedSessionTable extends SessionKey {
  fence: number
}

export interface EventTable extends SessionKey {
  sequence: number
  event_id: string
  type: string
  schema_version: number
  /** JSON of the event; null when it is kept in `blob`. */
  payload: string | null
  blob_hash: string | null
}

/** Large payloads, by the SHA-256 of their content. */
export interface BlobTable extends WorkspaceColumns {
  hash: string
  content: string
}

export interface InboxTable extends SessionKey {
  event_id: string
  position: number
  priority: string
  payload: string
}

/** One conversation of the agent: its own session id, and the session it belongs to if any. */
export interface ConversationTable extends WorkspaceColumns {
  agent_session_id: string
  session_id: string | null
  fence: number
  last_position: number
  updated_at: number
}

export interface TranscriptEntryTable extends WorkspaceColumns {
  agent_session_id: string
  /** Empty for the main conversation. */
  subpath: string
  position: number
  uuid: string | null
  payload: string
}

export interface MigrationTable {
  number: number
  name: string
  applied_at: number
}
