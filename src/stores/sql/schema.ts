import type { ColumnType } from 'kysely'

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
  budget: BudgetTable
  budget_period: BudgetPeriodTable
  reservation: ReservationTable
  ledger_entry: LedgerEntryTable
  ledger_entry_tag: LedgerEntryTagTable
  ledger_fork: LedgerForkTable
  sealed_secret: SealedSecretTable
  checkpoint_pack: CheckpointPackTable
  checkpoint_chunk: CheckpointChunkTable
  checkpoint: CheckpointTable
  checkpoint_need: CheckpointNeedTable
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
  /** JSON of why the session is there for nobody: it arrives, or has departed. */
  transit: string | null
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
  /** JSON, or null where nothing summarized it. */
  summary: string | null
}

export interface TranscriptEntryTable extends WorkspaceColumns {
  agent_session_id: string
  /** Empty for the main conversation. */
  subpath: string
  position: number
  uuid: string | null
  payload: string
}

/** Nano-dollars. Sums of them may leave the exact range of a JavaScript number, so they are read as text. */
type Amount = ColumnType<number | bigint, bigint, bigint>

export interface BudgetKeyColumns extends WorkspaceColumns {
  /** `workspace_id` is empty for a budget of the organization. */
  scope_id: string
  scope: string
  /** `total`, `day` or `month`. */
  time_window: string
}

export interface BudgetTable extends BudgetKeyColumns {
  limit_nano_usd: Amount
  mode: string
  /** JSON: shares of the limit. */
  thresholds: string
  is_closed: number
}

/** What counts in a budget in one period of its window; a period in which nothing counts yet has no row. */
export interface BudgetPeriodTable extends BudgetKeyColumns {
  /** `total`, `2026-11-21` or `2026-11`. */
  period: string
  spent_nano_usd: Amount
  presumed_nano_usd: Amount
  /** The sum of the open reservations that count in this budget and period, when it is a hard one. */
  reserved_nano_usd: Amount
  /** The most that was used when thresholds were last said. */
  told_nano_usd: Amount
}

export interface ReservationTable extends WorkspaceColumns {
  reservation_id: string
  run_id: string
  session_id: string
  /** JSON: the sessions that it is a fork of. */
  forked_from: string
  user_id: string | null
  granted_nano_usd: Amount
  /** JSON of who makes the call. */
  owner: string
  reserved_at: number
  expires_at: number
  /** 1 once it was given up; it is kept for a call that is settled after all. */
  is_presumed: number
}

/** Only added to, and kept when the session is deleted. */
export interface LedgerEntryTable extends WorkspaceColumns {
  entry_id: string
  /** The time at which it counts: that of the reservation, or of the entry. */
  counted_at: number
  run_id: string
  session_id: string
  user_id: string | null
  thread: string | null
  /** Null for what is presumed of a call that was never heard of again, and for taking that back. */
  kind: string | null
  upstream: string | null
  model: string | null
  message_id: string | null
  request_id: string | null
  input_tokens: number
  output_tokens: number
  cache_read_input_tokens: number
  cache_write_5m_input_tokens: number
  cache_write_1h_input_tokens: number
  web_search_requests: number
  speed: string | null
  inference_geo: string | null
  cost_nano_usd: Amount
  list_cost_nano_usd: Amount
  presumed_nano_usd: Amount
  certainty: string | null
  first_token_ms: number | null
  duration_ms: number | null
  is_duplicate: number
  is_overrun: number
}

export interface LedgerEntryTagTable extends WorkspaceColumns {
  entry_id: string
  tag: string
}

/** A session with calls, under each session that it is a fork of. */
export interface LedgerForkTable extends SessionKey {
  fork_session_id: string
}

/** The vault: what only the master key opens, which is not here. */
export interface SealedSecretTable extends WorkspaceColumns {
  name: string
  sealed: string
  created_at: number
  updated_at: number
}

/** A pack that is here with all of its bytes. */
export interface CheckpointPackTable extends WorkspaceColumns {
  pack_name: string
  byte_count: number
  /** When it was last put, or named by a checkpoint. */
  put_at: number
}

/** A piece of a pack. Those of a pack that was never finished have no row in `checkpoint_pack`. */
export interface CheckpointChunkTable extends WorkspaceColumns {
  pack_name: string
  position: number
  /** Base64. */
  content: string
  put_at: number
}

/** It may be of a session that is not here yet: one that is being moved here. */
export interface CheckpointTable extends SessionKey {
  checkpoint_id: string
  /** Counts the checkpoints of the session. */
  position: number
  parent_checkpoint_id: string | null
  /** ISO 8601, as it was given. */
  created_at: string
}

/** A pack that a checkpoint needs. */
export interface CheckpointNeedTable extends SessionKey {
  checkpoint_id: string
  position: number
  pack_name: string
}

export interface MigrationTable {
  number: number
  name: string
  applied_at: number
}
