import type { Selectable } from 'kysely'
import type { SessionId } from '../../domain/ids.ts'
import type {
  NewSessionRecord,
  SessionRecord,
  SessionRecordChange,
  SessionStatus,
} from '../../ports/session-records.ts'
import type { SessionTable } from './schema.ts'

export const ttlMsOf = (ttlSeconds: number | null): number | null =>
  ttlSeconds === null ? null : Math.round(ttlSeconds * 1000)

export function columnsOfNew(record: NewSessionRecord) {
  return {
    title: record.title,
    tags: JSON.stringify(record.tags),
    metadata: JSON.stringify(record.metadata),
    working_directory: record.workingDirectory,
    model: record.model,
    parent_session_id: record.parent?.sessionId ?? null,
    parent_sequence: record.parent?.atSequence ?? null,
    ttl_ms: ttlMsOf(record.ttlSeconds),
    status: 'idle' satisfies SessionStatus,
  }
}

/** Only what the change names. */
export function columnsOfChange(change: SessionRecordChange): Partial<Selectable<SessionTable>> {
  const columns: Partial<Selectable<SessionTable>> = {}
  if (change.title !== undefined) columns.title = change.title
  if (change.tags !== undefined) columns.tags = JSON.stringify(change.tags)
  if (change.metadata !== undefined) columns.metadata = JSON.stringify(change.metadata)
  if (change.workingDirectory !== undefined) columns.working_directory = change.workingDirectory
  if (change.model !== undefined) columns.model = change.model
  if (change.ttlSeconds !== undefined) columns.ttl_ms = ttlMsOf(change.ttlSeconds)
  if (change.agentSessionId !== undefined) columns.agent_session_id = change.agentSessionId
  if (change.status !== undefined) columns.status = change.status
  return columns
}

export function recordOf(row: Selectable<SessionTable>): SessionRecord {
  return {
    id: row.session_id as SessionId,
    title: row.title,
    tags: JSON.parse(row.tags) as string[],
    metadata: JSON.parse(row.metadata) as Record<string, string>,
    workingDirectory: row.working_directory,
    model: row.model,
    parent:
      row.parent_session_id === null || row.parent_sequence === null
        ? null
        : { sessionId: row.parent_session_id as SessionId, atSequence: row.parent_sequence },
    ttlSeconds: row.ttl_ms === null ? null : row.ttl_ms / 1000,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
    expiresAt: row.expires_at === null ? null : new Date(row.expires_at),
    agentSessionId: row.agent_session_id,
    status: row.status as SessionStatus,
  }
}
