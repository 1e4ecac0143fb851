import type { StoredList, ItemKind } from './stored-list.ts'

/** The agent's record of a conversation, wherever it is kept. */
export interface Conversation {
  /** The highest that has written, as long as no session drives it. */
  readonly fence: number
  readonly updatedAtMs: number
  /** As JSON. */
  readonly summary: string | null
  /** By subpath; the main conversation is the empty one. */
  readonly parts: Readonly<Record<string, StoredList<TranscriptItem>>>
}

export interface TranscriptItem {
  readonly uuid: string | null
  readonly payload: string
}

/** What is kept under the id of a conversation. */
export interface ConversationDocument {
  readonly agentSessionId: string
  /** Counts who it has belonged to. */
  readonly claim: number
  /** Null as long as no session drives it. */
  readonly owner: ConversationOwner | null
  /** While a session drives it, what it was before; null for one that is not there. */
  readonly own: Conversation | null
}

export interface ConversationOwner {
  readonly sessionId: string
  readonly incarnation: string
}

export const mainSubpath = ''

export const transcriptItems: ItemKind<TranscriptItem> = {
  size: ({ payload }) => payload.length + 60,
  valuesOf: ({ uuid }) => ({ uuid: uuid === null ? [] : [uuid] }),
}

export const newConversation = (fence: number, nowMs: number): Conversation => ({
  fence,
  updatedAtMs: nowMs,
  summary: null,
  parts: {},
})

/** The value of a key that may be any text. */
export const valueAt = <Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined
