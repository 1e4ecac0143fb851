import { newIdBody, type SessionId } from '../../domain/ids.ts'
import type { InputPriority } from '../../ports/inbox.ts'
import type { LeaseOwner } from '../../ports/lease.ts'
import type { SessionRecord } from '../../ports/session-records.ts'
import type { StoredEvent } from '../events/stored-event.ts'
import { leaseLost, sessionNotFound } from '../leases/refusals.ts'
import type { Conversation } from './conversation.ts'
import { emptyList, type ItemKind, type StoredList } from './stored-list.ts'

/** All that is kept under the id of a session. What was deleted leaves its fence. */
export interface SessionDocument {
  /** Highest fencing token that was given out or has written. */
  readonly fence: number
  readonly session: StoredSession | null
  /** Objects of what was deleted here, which nobody needs any more. */
  readonly garbage: readonly string[]
}

export interface StoredSession {
  /** Tells sessions apart that stood under one id, one after the other. */
  readonly incarnation: string
  readonly record: StoredRecord
  readonly lease: { readonly owner: LeaseOwner; readonly expiresAtMs: number } | null
  readonly transit: StoredTransit | null
  /** Names the log; one that was emptied gets another. */
  readonly logId: string
  readonly events: StoredList<LoggedItem>
  readonly inbox: readonly StoredInput[]
  readonly conversations: Readonly<Record<string, SessionConversation>>
}

export interface StoredInput {
  readonly id: string
  readonly priority: InputPriority
  /** What it says, or the key of the batch that holds this. */
  readonly payload: string | { readonly storedAt: string }
}

export type StoredTransit =
  | { readonly type: 'arriving'; readonly record: StoredRecord }
  | { readonly type: 'departed'; readonly record: StoredRecord; readonly to: string }

/** A conversation that the session drives, or did. */
export interface SessionConversation {
  /** Which of the claims on the conversation made it the session's. */
  readonly claim: number
  /** Another session takes it: nothing is written to it here any more. */
  readonly isFrozen: boolean
  /** Null when it is with its new owner. */
  readonly conversation: Conversation | null
}

export interface StoredRecord extends Omit<SessionRecord, 'createdAt' | 'updatedAt' | 'expiresAt'> {
  readonly createdAt: number
  readonly updatedAt: number
  readonly expiresAt: number | null
}

/** An event of the log; its place in the list is its sequence number. */
export interface LoggedItem extends Omit<StoredEvent, 'sequence'> {
  readonly id: string
}

export const loggedItems: ItemKind<LoggedItem> = {
  size: ({ payload }) => payload.length + 60,
  valuesOf: ({ id }) => ({ id: [id] }),
}

export const noSession: SessionDocument = { fence: 0, session: null, garbage: [] }

export const newSession = (record: StoredRecord): StoredSession => ({
  incarnation: newIdBody(),
  record,
  lease: null,
  transit: null,
  logId: newIdBody(),
  events: emptyList,
  inbox: [],
  conversations: {},
})

export function storedRecord(record: SessionRecord): StoredRecord {
  const { createdAt, updatedAt, expiresAt } = record
  const times = {
    createdAt: createdAt.getTime(),
    updatedAt: updatedAt.getTime(),
    expiresAt: expiresAt?.getTime() ?? null,
  }
  return { ...structuredClone(record), ...times }
}

export function recordOf(record: StoredRecord): SessionRecord {
  const { createdAt, updatedAt, expiresAt } = record
  const times = {
    createdAt: new Date(createdAt),
    updatedAt: new Date(updatedAt),
    expiresAt: expiresAt === null ? null : new Date(expiresAt),
  }
  return { ...structuredClone(record), ...times }
}

export const isExpired = ({ record }: StoredSession, nowMs: number): boolean =>
  record.expiresAt !== null && record.expiresAt <= nowMs

/** The session, if its time is not over and it is not in transit. */
export function alive({ session }: SessionDocument, nowMs: number): StoredSession | null {
  return session && session.transit === null && !isExpired(session, nowMs) ? session : null
}

/** The document for a write under this fence, which it remembers. @throws {PerdureError} `session_not_found`, `lease_lost`. */
export function fenced(document: SessionDocument, sessionId: SessionId, fence: number) {
  const { session } = document
  if (!session) throw sessionNotFound(sessionId)
  if (fence < document.fence) throw leaseLost(sessionId, { fence, highestFence: document.fence })
  return { ...document, fence, session }
}

/** The times of a record that changes now. */
export const touchedTimes = (ttlSeconds: number | null, nowMs: number) => ({
  updatedAt: nowMs,
  expiresAt: ttlSeconds === null ? null : nowMs + Math.round(ttlSeconds * 1000),
})

export const touched = (session: StoredSession, nowMs: number): StoredSession => ({
  ...session,
  record: { ...session.record, ...touchedTimes(session.record.ttlSeconds, nowMs) },
})
