import type { SessionId } from '../../domain/ids.ts'
import type { NewSessionRecord, SessionRecord, SessionRecordChange } from '../../ports/session-records.ts'

/** How the fields of a record are called in the hash of a session; each holds JSON. */
const names = {
  id: 'id',
  title: 'title',
  tags: 'tags',
  metadata: 'metadata',
  workingDirectory: 'working_directory',
  model: 'model',
  parent: 'parent',
  agentSessionId: 'agent_session_id',
  status: 'status',
} as const satisfies Partial<Record<keyof SessionRecord, string>>

/** `field value field value …` of what is given. */
export function fieldsOf(given: Partial<NewSessionRecord> | SessionRecordChange): string[] {
  const values = Object.entries(given).filter(([name, value]) => name in names && value !== undefined)
  const fields = values.flatMap(([name, value]) => [names[name as keyof typeof names], JSON.stringify(value)])
  return given.ttlSeconds === undefined ? fields : [...fields, 'ttl_ms', ttlField(given.ttlSeconds)]
}

export const ttlField = (ttlSeconds: number | null): string =>
  ttlSeconds === null ? '' : String(Math.round(ttlSeconds * 1000))

/** The record of a session from its whole hash. */
export function recordOf(stored: readonly string[]): SessionRecord {
  const fields = hashOf(stored)
  const value = (name: keyof typeof names): unknown => JSON.parse(fields.get(names[name]) ?? 'null')
  const time = (name: string): Date => new Date(Number(fields.get(name)))
  const ttlMs = fields.get('ttl_ms')
  return {
    id: value('id') as SessionId,
    title: value('title') as SessionRecord['title'],
    tags: value('tags') as SessionRecord['tags'],
    metadata: value('metadata') as SessionRecord['metadata'],
    workingDirectory: value('workingDirectory') as string,
    model: value('model') as SessionRecord['model'],
    parent: value('parent') as SessionRecord['parent'],
    ttlSeconds: ttlMs ? Number(ttlMs) / 1000 : null,
    createdAt: time('created_at'),
    updatedAt: time('updated_at'),
    expiresAt: fields.get('expires_at') ? time('expires_at') : null,
    agentSessionId: value('agentSessionId') as SessionRecord['agentSessionId'],
    status: value('status') as SessionRecord['status'],
  }
}

/** A hash as scripts return it: `field value field value …`. */
export const hashOf = (stored: readonly string[]): Map<string, string> =>
  new Map(Array.from({ length: stored.length / 2 }, (_, index) => [stored[2 * index]!, stored[2 * index + 1]!]))
