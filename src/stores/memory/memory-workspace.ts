import { newIdBody, type EventId, type SessionId } from '../../domain/ids.ts'
import type { InputPriority } from '../../ports/inbox.ts'
import type { LeaseOwner } from '../../ports/lease.ts'
import type { SessionRecord } from '../../ports/session-records.ts'
import type { WorkspaceScope } from '../../ports/storage.ts'
import type { EventFeed } from '../events/event-feed.ts'
import type { StoredEvent } from '../events/stored-event.ts'
import { leaseLost, sessionNotFound } from '../leases/refusals.ts'
import { MemoryCheckpointStore } from './checkpoint-store.ts'

/** What is kept of one session. Content is kept as JSON, so that nobody can change it from outside. */
export interface MemorySession {
  record: SessionRecord
  /** Names the log; a deleted and recreated one gets another. */
  logId: string
  readonly events: StoredEvent[]
  readonly sequenceById: Map<string, number>
  readonly inbox: Map<EventId, { priority: InputPriority; payload: string }>
  /** Highest fencing token that was given out or has written. */
  fence: number
  lease: { readonly owner: LeaseOwner; readonly expiresAt: number } | null
  transit: MemoryTransit | null
}

/** Why a session is there for nobody, and what its record will be again. */
export type MemoryTransit =
  | { readonly type: 'arriving'; readonly record: SessionRecord }
  | { readonly type: 'departed'; readonly record: SessionRecord; readonly to: string }

export interface MemoryConversation {
  sessionId: SessionId | null
  fence: number
  updatedAt: Date
  /** As JSON. */
  summary: string | null
  /** By subpath; the main conversation is the empty one. */
  readonly parts: Map<string, { entries: string[]; uuids: Set<string> }>
}

/** All that one workspace holds, and the rules that several of its stores share. */
export class MemoryWorkspace {
  readonly scope: WorkspaceScope
  readonly feed: EventFeed
  readonly isOwnerGone: (owner: LeaseOwner) => boolean
  readonly sessions = new Map<SessionId, MemorySession>()
  readonly conversations = new Map<string, MemoryConversation>()
  /** Sealed secrets of the vault by name. */
  readonly secrets = new Map<string, { sealed: string; createdAt: number; updatedAt: number }>()
  readonly checkpoints = new MemoryCheckpointStore()
  readonly #fenceOfDeleted = new Map<SessionId, number>()

  constructor(options: { scope: WorkspaceScope; feed: EventFeed; isOwnerGone: (owner: LeaseOwner) => boolean }) {
    this.scope = options.scope
    this.feed = options.feed
    this.isOwnerGone = options.isOwnerGone
  }

  add(record: SessionRecord): MemorySession {
    const session: MemorySession = {
      record,
      logId: newIdBody(),
      events: [],
      sequenceById: new Map(),
      inbox: new Map(),
      fence: this.#fenceOfDeleted.get(record.id) ?? 0,
      lease: null,
      transit: null,
    }
    this.sessions.set(record.id, session)
    this.#fenceOfDeleted.delete(record.id)
    return session
  }

  /** The session, if its time is not over and it is not in transit. */
  alive(sessionId: SessionId): MemorySession | undefined {
    const session = this.sessions.get(sessionId)
    return session && isAlive(session) ? session : undefined
  }

  /** The session for a write under this fence, which it remembers. @throws `session_not_found`, `lease_lost`. */
  fenced(sessionId: SessionId, fence: number): MemorySession {
    const session = this.sessions.get(sessionId)
    if (!session) throw sessionNotFound(sessionId)
    if (fence < session.fence) throw leaseLost(sessionId, { fence, highestFence: session.fence })
    session.fence = fence
    return session
  }

  isDriven(session: MemorySession): boolean {
    return session.lease !== null && session.lease.expiresAt > Date.now() && !this.isOwnerGone(session.lease.owner)
  }

  remove(session: MemorySession): void {
    const { id } = session.record
    this.sessions.delete(id)
    this.checkpoints.forget(id)
    this.#fenceOfDeleted.set(id, session.fence)
    for (const [agentSessionId, conversation] of this.conversations) {
      if (conversation.sessionId === id) this.conversations.delete(agentSessionId)
    }
    this.feed.end(this.topicOf(id))
  }

  topicOf(sessionId: SessionId): string {
    return JSON.stringify([this.scope.organizationId, this.scope.workspaceId, sessionId])
  }
}

export const isExpired = ({ record }: MemorySession): boolean =>
  record.expiresAt !== null && record.expiresAt.getTime() <= Date.now()

export const isAlive = (session: MemorySession): boolean => session.transit === null && !isExpired(session)

/** The times of a record that changes now. */
export function touchedTimes(ttlSeconds: number | null): Pick<SessionRecord, 'updatedAt' | 'expiresAt'> {
  const now = Date.now()
  return {
    updatedAt: new Date(now),
    expiresAt: ttlSeconds === null ? null : new Date(now + Math.round(ttlSeconds * 1000)),
  }
}

export function touch(session: MemorySession): void {
  session.record = { ...session.record, ...touchedTimes(session.record.ttlSeconds) }
}
