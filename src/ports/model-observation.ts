import type { UpstreamNotice } from './upstream-notice.ts'

/**
 * What the gateway sees of one model request, in the order of the wire. `request` numbers the HTTP
 * attempts of a run from 1; `thread` is the agent id of a sub-agent (header `x-claude-code-agent-id`),
 * null for the main thread.
 */
export type ModelObservation =
  | ModelRequestObserved
  | ModelResponseObserved
  | ModelMessageStartObserved
  | ModelBlockStartObserved
  | ModelBlockDeltaObserved
  | ModelBlockStopObserved
  | ModelUsageObserved
  | ModelMessageObserved
  | ModelRetryObserved
  | ModelWaitObserved
  | ModelRequestEnded

interface Observed {
  readonly request: number
  /** Milliseconds of a monotonic clock. */
  readonly atMs: number
}

export interface ModelRequestObserved extends Observed {
  readonly type: 'request'
  readonly thread: string | null
  readonly parentThread: string | null
  /** `turn`: the agent's loop. `side`: requests that never appear among the agent's messages. `compaction`: has the shape of a summary request. */
  readonly kind: 'turn' | 'side' | 'compaction'
  readonly model: string
  readonly streamed: boolean
  /** Tool calls whose results this request carries for the first time. */
  readonly toolResultIds: readonly string[]
  /** The text after the last answer, `system` messages of the harness included, to recognise what it put in. */
  readonly tailText: string
}

export interface ModelResponseObserved extends Observed {
  readonly type: 'response'
  readonly status: number
  /** The `request-id` header; the gateway sets one where the upstream gave none. */
  readonly requestId: string
}

export interface ModelMessageStartObserved extends Observed {
  readonly type: 'message_start'
  readonly messageId: string
  readonly model: string
  readonly usage: WireUsage
}

export interface ModelBlockStartObserved extends Observed {
  readonly type: 'block_start'
  readonly index: number
  readonly blockType: string
  /** Of a tool call. */
  readonly toolUseId?: string
  readonly toolName?: string
  readonly text: string
}

export interface ModelBlockDeltaObserved extends Observed {
  readonly type: 'block_delta'
  readonly index: number
  readonly deltaType: string
  /** Text, thinking or partial JSON, as `deltaType` says. */
  readonly text: string
}

export interface ModelBlockStopObserved extends Observed {
  readonly type: 'block_stop'
  readonly index: number
}

export interface ModelUsageObserved extends Observed {
  readonly type: 'usage'
  readonly usage: WireUsage
  readonly stopReason: string | null
}

/** The whole of an answer that was not streamed. */
export interface ModelMessageObserved extends Observed {
  readonly type: 'message'
  readonly messageId: string
  readonly model: string
  readonly blocks: readonly {
    readonly blockType: string
    readonly text: string
    readonly toolUseId?: string
    readonly toolName?: string
  }[]
  readonly usage: WireUsage
  readonly stopReason: string | null
}

/** An attempt failed, and the request is made again after a delay. */
export type ModelRetryObserved = Observed & Extract<UpstreamNotice, { type: 'retrying' }>

/** The request is held back. Said again every second while it is. */
export type ModelWaitObserved = Observed & Extract<UpstreamNotice, { type: 'waiting' }>

export interface ModelRequestEnded extends Observed {
  readonly type: 'end'
  readonly how: ModelRequestEnd
  /** Type and message of an error answer or an `error` event of the stream. */
  readonly error?: { readonly type: string; readonly message: string }
}

/**
 * `complete`: the answer arrived whole. `http_error`: status 4xx or 5xx. `stream_error`: an `error`
 * event. `upstream_cut`: the connection broke or ended early. `client_abort`: the agent hung up.
 */
export type ModelRequestEnd = 'complete' | 'http_error' | 'stream_error' | 'upstream_cut' | 'client_abort'

/** Token counts as the Messages API reports them; absent fields were absent on the wire. */
export interface WireTokens {
  readonly input_tokens?: number
  readonly output_tokens?: number
  readonly cache_creation_input_tokens?: number
  readonly cache_read_input_tokens?: number
  readonly cache_creation?: { readonly ephemeral_5m_input_tokens?: number; readonly ephemeral_1h_input_tokens?: number }
}

export interface WireUsage extends WireTokens {
  readonly server_tool_use?: { readonly web_search_requests?: number; readonly web_fetch_requests?: number }
  readonly speed?: string | null
  readonly inference_geo?: string | null
  /** The service's own compactions of a conversation: the other counts leave them out. */
  readonly compactions?: readonly WireTokens[]
}
