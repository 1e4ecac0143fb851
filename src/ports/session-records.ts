import type { SessionId } from '../domain/ids.ts'

/** What is known of a session beside its events: its name, its place, its origin. */
export interface SessionRecords {
  /** @throws {PerdureError} `session_exists`. */
  create(record: NewSessionRecord): Promise<SessionRecord>
  /** Null for an unknown or expired session. */
  get(sessionId: SessionId): Promise<SessionRecord | null>
  /** Newest first; expired ones are left out. */
  list(options?: ListSessionsOptions): Promise<SessionRecord[]>
  /** @throws {PerdureError} `session_not_found`. */
  update(sessionId: SessionId, change: SessionRecordChange): Promise<SessionRecord>
  /** Removes the record with its events, inbox and transcripts. @throws {PerdureError} `session_not_found`; `lease_held` while it is driven. */
  delete(sessionId: SessionId): Promise<void>
  /** Removes all whose time is over and that nobody drives; resolves to their ids. */
  deleteExpired(): Promise<SessionId[]>
}

export interface NewSessionRecord {
  readonly id: SessionId
  readonly title: string | null
  readonly tags: readonly string[]
  readonly metadata: Readonly<Record<string, string>>
  readonly workingDirectory: string
  readonly model: string | null
  readonly parent: SessionParent | null
  /** Seconds after the last change at which the session expires; null: never. */
  readonly ttlSeconds: number | null
}

export interface SessionRecord extends NewSessionRecord {
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly expiresAt: Date | null
  /** The Agent SDK's session id of the newest conversation; null before the first turn. */
  readonly agentSessionId: string | null
  readonly status: SessionStatus
}

/** The words of the Managed Agents API. */
export type SessionStatus = 'rescheduling' | 'running' | 'idle' | 'terminated'

export interface SessionParent {
  readonly sessionId: SessionId
  readonly atSequence: number
}

/** Only the fields given are changed; every change also renews the time to live. */
export interface SessionRecordChange {
  readonly title?: string | null
  readonly tags?: readonly string[]
  readonly metadata?: Readonly<Record<string, string>>
  readonly workingDirectory?: string
  readonly model?: string | null
  readonly ttlSeconds?: number | null
  readonly agentSessionId?: string
  readonly status?: SessionStatus
  /** Given by a driver: the change is refused with `lease_lost` when a higher fence has written. */
  readonly fence?: number
}

export interface ListSessionsOptions {
  readonly limit?: number
  readonly tag?: string
  readonly status?: SessionStatus
  readonly parentId?: SessionId
}
