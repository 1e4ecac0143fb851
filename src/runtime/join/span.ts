import type { EventId } from '../../domain/ids.ts'
import type { ModelRetryObserved } from '../../ports/model-observation.ts'
import type {
  ModelObservation,
  ModelRequestEnd,
  ModelRequestObserved,
  WireUsage,
} from '../../ports/model-observation.ts'

/** One block of an answer as the wire has it so far. */
export interface Block {
  readonly type: string
  readonly toolUseId: string | undefined
  /** Given when the block begins, so that the preview and the final event share it. */
  readonly eventId: EventId
  text: string
  /** Arrives piece by piece: only then is there something to preview. */
  readonly live: boolean
  /** The part of the text that no preview has shown yet. */
  unseen: string
  /** Only white space so far. The agent never reports such a text. */
  blank: boolean
  /** The wire has closed the block. */
  complete: boolean
  /** Its `event_start` was sent. */
  announced: boolean
  /** Who gave its final event. */
  final: 'agent' | 'wire' | null
}

/** One HTTP attempt of a model request: held back, then open, then closed in the log. */
export interface Span {
  readonly request: number
  readonly agentId: string | null
  readonly kind: 'turn' | 'side' | 'compaction'
  readonly toolResultIds: readonly string[]
  readonly tailText: string
  readonly requestedAtMs: number
  readonly heldSinceMs: number
  readonly blocks: Map<number, Block>
  state: 'held' | 'open' | 'closed'
  startEventId: EventId | null
  /** How often the request was made, with those that failed and were made again. */
  attempts: number
  /** Failed attempts that the log does not tell of yet. */
  readonly unsaidRetries: ModelRetryObserved[]
  model: string
  status: number | null
  requestId: string | null
  messageId: string | null
  usage: WireUsage
  stopReason: string | null
  firstTokenAtMs: number | null
  wireEnd: ModelRequestEnd | null
  wireEndedAtMs: number | null
  /** When the end of the wire reached the joiner. */
  endHeardMs: number | null
  /** Nothing more will come for it: it need not wait for its missing finals. */
  released: boolean
}

export function newSpan(observed: ModelRequestObserved, facts: { kind: Span['kind']; nowMs: number }): Span {
  return {
    request: observed.request,
    agentId: observed.thread,
    kind: facts.kind,
    toolResultIds: observed.toolResultIds,
    tailText: observed.tailText,
    requestedAtMs: observed.atMs,
    heldSinceMs: facts.nowMs,
    blocks: new Map(),
    state: 'held',
    startEventId: null,
    attempts: 1,
    unsaidRetries: [],
    model: observed.model,
    status: null,
    requestId: null,
    messageId: null,
    usage: {},
    stopReason: null,
    firstTokenAtMs: null,
    wireEnd: null,
    wireEndedAtMs: null,
    endHeardMs: null,
    released: false,
  }
}

export type SpanObservation = Exclude<ModelObservation, ModelRequestObserved>

/** Notes what the wire said. Nothing is emitted here. */
export function noteObservation(
  span: Span,
  seen: SpanObservation,
  facts: { newEventId: () => EventId; nowMs: number },
): void {
  switch (seen.type) {
    case 'retrying':
      span.attempts += 1
      span.unsaidRetries.push(seen)
      return
    case 'waiting':
      return
    case 'response':
      span.status = seen.status
      span.requestId = seen.requestId
      return
    case 'message_start':
      span.messageId = seen.messageId
      span.model = seen.model
      span.usage = seen.usage
      return
    case 'block_start':
      span.firstTokenAtMs ??= seen.atMs
      span.blocks.set(seen.index, newBlock({ ...seen, live: true, eventId: facts.newEventId() }))
      return
    case 'block_delta':
      noteDelta(span.blocks.get(seen.index), seen)
      return
    case 'block_stop': {
      const block = span.blocks.get(seen.index)
      if (block) block.complete = true
      return
    }
    case 'usage':
      span.usage = { ...span.usage, ...seen.usage }
      span.stopReason = seen.stopReason ?? span.stopReason
      return
    case 'message':
      span.messageId = seen.messageId
      span.model = seen.model
      span.usage = seen.usage
      span.stopReason = seen.stopReason
      span.firstTokenAtMs = seen.atMs
      for (const [index, block] of seen.blocks.entries()) {
        span.blocks.set(index, newBlock({ ...block, live: false, eventId: facts.newEventId() }))
      }
      return
    case 'end':
      span.wireEnd = seen.how
      span.wireEndedAtMs = seen.atMs
      span.endHeardMs = facts.nowMs
  }
}

function newBlock(from: {
  readonly blockType: string
  readonly text: string
  readonly toolUseId?: string
  readonly live: boolean
  readonly eventId: EventId
}): Block {
  return {
    type: from.blockType,
    toolUseId: from.toolUseId,
    eventId: from.eventId,
    text: from.text,
    unseen: from.text,
    blank: isBlank(from.text),
    live: from.live,
    complete: !from.live,
    announced: false,
    final: null,
  }
}

function noteDelta(block: Block | undefined, delta: { readonly deltaType: string; readonly text: string }): void {
  if (!block || (delta.deltaType !== 'text_delta' && delta.deltaType !== 'thinking_delta')) return
  block.text += delta.text
  block.unseen += delta.text
  block.blank &&= isBlank(delta.text)
}

const isBlank = (text: string): boolean => !/\S/.test(text)

/** The agent will still report this block, unless the request broke off. */
export const awaitsFinal = (block: Block): boolean =>
  block.complete && block.final === null && !(block.type === 'text' && block.blank)

/**
 * A span may close when its wire has ended and every finished block has its final event. The agent
 * may give up finished blocks of a request that it aborted, so such a span waits until it is released.
 */
export function isClosable(span: Span): boolean {
  if (span.wireEnd === null) return false
  if (span.released) return true
  return span.wireEnd !== 'client_abort' && !span.blocks.values().some(awaitsFinal)
}

/** The wire ended, but not with a whole answer. */
export const endedBadly = (span: Span): boolean => span.wireEnd !== null && span.wireEnd !== 'complete'

/** An answer that lost only its closing bytes is whole for the agent, and for us. */
export const isFailed = (span: Span): boolean =>
  span.wireEnd !== 'complete' && !(span.wireEnd === 'upstream_cut' && span.stopReason !== null)
