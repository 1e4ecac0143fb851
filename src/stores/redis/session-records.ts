import { newIdBody, type SessionId } from '../../domain/ids.ts'
import type {
  ListSessionsOptions,
  NewSessionRecord,
  SessionRecord,
  SessionRecordChange,
  SessionRecords,
} from '../../ports/session-records.ts'
import { leaseLost, sessionExists, sessionNotFound } from '../leases/refusals.ts'
import { heldBy } from './leases.ts'
import { escapeName } from './redis-keys.ts'
import type { RedisWorkspace } from './redis-workspace.ts'
import {
  createSession,
  deleteSession,
  expiredSessions,
  readSessions,
  sessionIds,
  updateSession,
} from './scripts/session-scripts.ts'
import { fieldsOf, recordOf } from './session-fields.ts'

const sessionsPerRead = 100

export class RedisSessionRecords implements SessionRecords {
  readonly #workspace: RedisWorkspace

  constructor(workspace: RedisWorkspace) {
    this.#workspace = workspace
  }

  async create(record: NewSessionRecord): Promise<SessionRecord> {
    const begun = { agentSessionId: null, status: 'idle' }
    const { id, title, tags, metadata, workingDirectory, model, parent, ttlSeconds } = record
    const given = { id, title, tags, metadata, workingDirectory, model, parent, ttlSeconds, ...begun }
    const [status, ...stored] = await this.#workspace.pastTheGone((gone) =>
      this.#workspace.run(createSession, [id, newIdBody(), gone, ...fieldsOf(given)]),
    )
    if (status !== 'ok') throw sessionExists(id)
    return recordOf(stored)
  }

  async get(sessionId: SessionId): Promise<SessionRecord | null> {
    const [stored] = await this.#workspace.run<string[][]>(readSessions, [sessionId])
    return stored ? recordOf(stored) : null
  }

  async list(options: ListSessionsOptions = {}): Promise<SessionRecord[]> {
    const { limit = Infinity, tag, status, parentId } = options
    const ids = await this.#workspace.run<string[]>(sessionIds, [])
    const records: SessionRecord[] = []
    for (let start = 0; start < ids.length && records.length < limit; start += sessionsPerRead) {
      const some = ids.slice(start, start + sessionsPerRead)
      const stored = await this.#workspace.run<string[][]>(readSessions, some)
      const meant = stored
        .map((fields) => recordOf(fields))
        .filter((record) => tag === undefined || record.tags.includes(tag))
        .filter((record) => status === undefined || record.status === status)
        .filter((record) => parentId === undefined || record.parent?.sessionId === parentId)
      records.push(...meant)
    }
    return records.slice(0, limit)
  }

  async update(sessionId: SessionId, change: SessionRecordChange): Promise<SessionRecord> {
    const { fence, agentSessionId } = change
    const claimed = agentSessionId === undefined ? '' : escapeName(agentSessionId)
    const args = [sessionId, fence ?? '', claimed, ...fieldsOf(change)]
    const [status, ...stored] = await this.#workspace.run<string[]>(updateSession, args)
    if (status === 'session_not_found') throw sessionNotFound(sessionId)
    if (status === 'lease_lost') throw leaseLost(sessionId, { fence: fence ?? 0, highestFence: Number(stored[0]) })
    return recordOf(stored)
  }

  async delete(sessionId: SessionId): Promise<void> {
    const answer = await this.#delete(sessionId, { onlyOver: false })
    if (answer[0] === 'session_not_found') throw sessionNotFound(sessionId)
    if (answer[0] === 'lease_held') throw heldBy(sessionId, answer)
  }

  async deleteExpired(): Promise<SessionId[]> {
    const deleted: SessionId[] = []
    for (const id of await this.#workspace.run<SessionId[]>(expiredSessions, [])) {
      const [status] = await this.#delete(id, { onlyOver: true })
      if (status === 'ok') deleted.push(id)
    }
    return deleted
  }

  async #delete(sessionId: SessionId, { onlyOver }: { onlyOver: boolean }): Promise<string[]> {
    const answer = await this.#workspace.pastTheGone((gone) =>
      this.#workspace.run(deleteSession, [sessionId, gone, onlyOver ? 1 : 0]),
    )
    if (answer[0] === 'ok') this.#workspace.context.feed.end(this.#workspace.topicOf(sessionId))
    return answer
  }
}
