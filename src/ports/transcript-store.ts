import type { SessionId } from '../domain/ids.ts'
import type { JsonValue } from '../domain/json-value.ts'

/** The agent's own record of a conversation, opaque to us, mirrored while it runs. */
export interface TranscriptStore {
  /**
   * Appends entries in order; resolves once they are durable. An entry whose `uuid` is already there is kept once.
   * @throws {PerdureError} `lease_lost` when a higher fence has written under this key, or for its session;
   *   `session_not_found` when the session named does not exist (any more).
   */
  append(key: TranscriptKey, entries: readonly TranscriptEntry[], options?: TranscriptAppendOptions): Promise<void>
  /** All entries in order; null for a key never written. */
  load(key: TranscriptKey): Promise<TranscriptEntry[] | null>
  /** Keys below a conversation, such as its sub-agents' transcripts. */
  listSubpaths(agentSessionId: string): Promise<string[]>
  /** Conversations whose main part has entries, the last written first; with `prefix` those whose id begins so. */
  list(options?: { readonly prefix?: string }): Promise<ListedTranscript[]>
  /** Removes a conversation; with `subpath` only that part. */
  delete(key: TranscriptKey): Promise<void>
}

export interface TranscriptAppendOptions {
  /** The session that drives the conversation. From then on the conversation is its own: fenced and deleted with it. */
  readonly sessionId?: SessionId
  /** Fencing token of the writer's lease; without one, 0. */
  readonly fence?: number
  /**
   * Makes the conversation's summary from the one before, which is null at first. It is a pure function: it runs inside
   * the write, so that appends at the same time lose none of their summaries, and may run again when the write does.
   */
  readonly summarize?: (previous: JsonValue | null) => JsonValue | null
}

export interface ListedTranscript {
  readonly agentSessionId: string
  /** When anything was last appended, to any part of the conversation. */
  readonly updatedAt: Date
  /** What the last `summarize` gave; null where no append had one. */
  readonly summary: JsonValue | null
}

export interface TranscriptKey {
  /**
   * The Agent SDK's session id. Where it ran is deliberately no part of it: any folder and host may resume it. Opaque to
   * a store, and it may hold any character that a path has.
   */
  readonly agentSessionId: string
  /** `subagents/agent-…` for a sub-agent; absent for the main conversation. */
  readonly subpath?: string
}

export type TranscriptEntry = Readonly<Record<string, unknown>>
