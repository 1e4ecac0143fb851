import type { Branch } from '../../domain/branches.ts'
import type { Reached } from '../../compose/reached.ts'
import type { Session } from '../../compose/session.ts'

/** A session's record as JSON, in the words of the log. */
export function sessionRecord({ record }: Pick<Session, 'record'>): Readonly<Record<string, unknown>> {
  const { parent } = record
  return {
    id: record.id,
    status: record.status,
    title: record.title,
    tags: record.tags,
    metadata: record.metadata,
    working_directory: record.workingDirectory,
    model: record.model,
    parent: parent === null ? null : { session_id: parent.sessionId, at_sequence: parent.atSequence },
    created_at: record.createdAt.toISOString(),
    updated_at: record.updatedAt.toISOString(),
    expires_at: record.expiresAt?.toISOString() ?? null,
    ttl_seconds: record.ttlSeconds,
    agent_session_id: record.agentSessionId,
  }
}

/** One of its branches. */
export const branchRecord = ({ first, last, from, parent, followedTo }: Branch): Readonly<Record<string, unknown>> => ({
  first,
  last,
  from,
  parent,
  followed_to: followedTo,
})

/** What its last run has come to, in the words of the outcome of `perdure run --json`. */
export const reachedRecord = (reached: Reached): Readonly<Record<string, unknown>> => ({
  reached: reached.status,
  text: reached.text,
  files_changed: reached.filesChanged,
  more_files_changed: reached.moreFilesChanged,
  checkpoint_id: reached.checkpointId,
  next: reached.next,
})
