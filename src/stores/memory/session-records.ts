import type { SessionId } from '../../domain/ids.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type {
  ListSessionsOptions,
  NewSessionRecord,
  SessionRecord,
  SessionRecordChange,
  SessionRecords,
} from '../../ports/session-records.ts'
import { sessionExists, sessionNotFound } from '../leases/refusals.ts'
import { isAlive, isExpired, touchedTimes, type MemorySession, type MemoryWorkspace } from './memory-workspace.ts'

export class MemorySessionRecords implements SessionRecords {
  readonly #workspace: MemoryWorkspace

  constructor(workspace: MemoryWorkspace) {
    this.#workspace = workspace
  }

  async create(record: NewSessionRecord): Promise<SessionRecord> {
    const existing = this.#workspace.sessions.get(record.id)
    if (existing && (!isExpired(existing) || this.#workspace.isDriven(existing))) {
      throw sessionExists(record.id)
    }
    if (existing) this.#workspace.remove(existing)
    const times = touchedTimes(record.ttlSeconds)
    const created: SessionRecord = {
      ...structuredClone(record),
      ...times,
      createdAt: times.updatedAt,
      agentSessionId: null,
      status: 'idle',
    }
    return structuredClone(this.#workspace.add(created).record)
  }

  async get(sessionId: SessionId): Promise<SessionRecord | null> {
    const session = this.#workspace.alive(sessionId)
    return session ? structuredClone(session.record) : null
  }

  async list(options: ListSessionsOptions = {}): Promise<SessionRecord[]> {
    const { limit = Infinity, tag, status, parentId } = options
    return [...this.#workspace.sessions.values()]
      .filter((session) => isAlive(session))
      .map((session) => session.record)
      .filter((record) => tag === undefined || record.tags.includes(tag))
      .filter((record) => status === undefined || record.status === status)
      .filter((record) => parentId === undefined || record.parent?.sessionId === parentId)
      .toSorted(newestFirst)
      .slice(0, limit)
      .map((record) => structuredClone(record))
  }

  async update(sessionId: SessionId, change: SessionRecordChange): Promise<SessionRecord> {
    const { fence, ...given } = structuredClone(change)
    // A driver may write on after the session's time, as long as the session is there: it is alive.
    const session = fence === undefined ? this.#workspace.alive(sessionId) : this.#workspace.fenced(sessionId, fence)
    if (!session) throw sessionNotFound(sessionId)
    const named = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
    const record: SessionRecord = { ...session.record, ...named }
    session.record = { ...record, ...touchedTimes(record.ttlSeconds) }
    if (given.agentSessionId !== undefined) this.#claimConversation(session, given.agentSessionId)
    return structuredClone(session.record)
  }

  async delete(sessionId: SessionId): Promise<void> {
    const session = this.#workspace.sessions.get(sessionId)
    if (!session) throw sessionNotFound(sessionId)
    if (this.#workspace.isDriven(session)) {
      throw new PerdureError('lease_held', `session ${sessionId} is being driven and cannot be deleted`, {
        details: { session_id: sessionId, owner: session.lease?.owner },
      })
    }
    this.#workspace.remove(session)
  }

  async deleteExpired(): Promise<SessionId[]> {
    const over = [...this.#workspace.sessions.values()].filter(
      (session) => isExpired(session) && !this.#workspace.isDriven(session),
    )
    for (const session of over) this.#workspace.remove(session)
    return over.map((session) => session.record.id)
  }

  #claimConversation(session: MemorySession, agentSessionId: string): void {
    const known = this.#workspace.conversations.get(agentSessionId)
    this.#workspace.conversations.set(agentSessionId, {
      parts: known?.parts ?? new Map(),
      fence: known?.fence ?? session.fence,
      updatedAt: known?.updatedAt ?? new Date(),
      summary: known?.summary ?? null,
      sessionId: session.record.id,
    })
  }
}

const newestFirst = (left: SessionRecord, right: SessionRecord): number =>
  right.createdAt.getTime() - left.createdAt.getTime() || (left.id < right.id ? 1 : -1)
