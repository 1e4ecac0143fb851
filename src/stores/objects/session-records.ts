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
import { claimConversation } from './claim-conversation.ts'
import { mapSome } from './documents.ts'
import type { ObjectWorkspace } from './object-workspace.ts'
import { collectGarbage, endSession, sessionDocuments, withoutSession } from './remove-session.ts'
import {
  alive,
  fenced,
  newSession,
  recordOf,
  touchedTimes,
  type SessionDocument,
  type StoredRecord,
  type StoredSession,
} from './session-document.ts'

export class ObjectSessionRecords implements SessionRecords {
  readonly #workspace: ObjectWorkspace

  constructor(workspace: ObjectWorkspace) {
    this.#workspace = workspace
  }

  async create(given: NewSessionRecord): Promise<SessionRecord> {
    const record = structuredClone(given)
    const { created, replaced } = await this.#workspace.session(record.id).change(async (document, nowMs) => {
      if (document.session && !this.#workspace.isOver(document.session, nowMs)) throw sessionExists(record.id)
      const emptied = await withoutSession(this.#workspace, document, record.id)
      const times = { createdAt: nowMs, ...touchedTimes(record.ttlSeconds, nowMs) }
      const stored: StoredRecord = { ...record, ...times, agentSessionId: null, status: 'idle' }
      const result = { created: stored, replaced: document.session !== null }
      return { state: { ...emptied, session: newSession(stored) }, result }
    })
    if (replaced) await endSession(this.#workspace, record.id)
    return recordOf(created)
  }

  async get(sessionId: SessionId): Promise<SessionRecord | null> {
    const document = await this.#workspace.session(sessionId).read()
    const session = alive(document, await this.#workspace.bucket.now())
    return session && recordOf(session.record)
  }

  async list(options: ListSessionsOptions = {}): Promise<SessionRecord[]> {
    const { limit = Infinity, tag, status, parentId } = options
    const nowMs = await this.#workspace.bucket.now()
    const found = await this.#all()
    return found
      .flatMap(({ document }) => alive(document, nowMs)?.record ?? [])
      .filter((record) => tag === undefined || record.tags.includes(tag))
      .filter((record) => status === undefined || record.status === status)
      .filter((record) => parentId === undefined || record.parent?.sessionId === parentId)
      .toSorted(newestFirst)
      .slice(0, limit)
      .map(recordOf)
  }

  async update(sessionId: SessionId, change: SessionRecordChange): Promise<SessionRecord> {
    const { fence, ...given } = structuredClone(change)
    const named = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
    const updated = await this.#workspace.session(sessionId).change((document, nowMs) => {
      const { session, ...rest } = forUpdate(document, { sessionId, fence, nowMs })
      const record: StoredRecord = { ...session.record, ...named }
      const stored = { ...record, ...touchedTimes(record.ttlSeconds, nowMs) }
      return { state: { ...rest, session: { ...session, record: stored } }, result: stored }
    })
    if (given.agentSessionId !== undefined) await claimConversation(this.#workspace, given.agentSessionId, sessionId)
    return recordOf(updated)
  }

  async delete(sessionId: SessionId): Promise<void> {
    await this.#workspace.session(sessionId).change(async (document, nowMs) => {
      const { session } = document
      if (!session) throw sessionNotFound(sessionId)
      if (this.#workspace.isDriven(session, nowMs)) {
        throw new PerdureError('lease_held', `session ${sessionId} is being driven and cannot be deleted`, {
          details: { session_id: sessionId, owner: session.lease?.owner },
        })
      }
      return { state: await withoutSession(this.#workspace, document, sessionId), result: undefined }
    })
    await endSession(this.#workspace, sessionId)
  }

  async deleteExpired(): Promise<SessionId[]> {
    const nowMs = await this.#workspace.bucket.now()
    const found = await this.#all()
    const deleted = await mapSome(found, async ({ sessionId, document: { session, garbage } }) => {
      const isOver = session !== null && this.#workspace.isOver(session, nowMs) && (await this.#deleteIfOver(sessionId))
      if (isOver) await endSession(this.#workspace, sessionId)
      else if (garbage.length > 0) await collectGarbage(this.#workspace, sessionId)
      return isOver ? [sessionId] : []
    })
    return deleted.flat()
  }

  async #deleteIfOver(sessionId: SessionId): Promise<boolean> {
    return this.#workspace.session(sessionId).change(async (document, nowMs) => {
      const { session } = document
      if (!session || !this.#workspace.isOver(session, nowMs)) return { state: document, result: false }
      return { state: await withoutSession(this.#workspace, document, sessionId), result: true }
    })
  }

  async #all(): Promise<{ sessionId: SessionId; document: SessionDocument }[]> {
    return mapSome(await sessionDocuments(this.#workspace), async ({ sessionId, key }) => ({
      sessionId,
      document: await this.#workspace.session(sessionId).readListed(key),
    }))
  }
}

/** A driver may write on after the session's time, as long as the session is there: it is alive. */
function forUpdate(
  document: SessionDocument,
  { sessionId, fence, nowMs }: { sessionId: SessionId; fence: number | undefined; nowMs: number },
): SessionDocument & { readonly session: StoredSession } {
  if (fence !== undefined) return fenced(document, sessionId, fence)
  const session = alive(document, nowMs)
  if (!session) throw sessionNotFound(sessionId)
  return { ...document, session }
}

const newestFirst = (left: StoredRecord, right: StoredRecord): number =>
  right.createdAt - left.createdAt || (left.id < right.id ? 1 : -1)
