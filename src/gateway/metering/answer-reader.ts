import type { WireUsage } from '../../ports/model-observation.ts'
import type { UpstreamResponse } from '../../ports/model-gateway.ts'
import { readUsage } from '../observation/observe-answer.ts'
import { createSseParser, type SseEvent } from '../observation/sse-parser.ts'
import { readApiError } from '../wire/api-error.ts'
import { asRecord, parseJson, readString } from '../wire/message-request.ts'

/** What an answer has told of its cost so far. */
export interface AnswerFacts {
  readonly messageId: string | null
  /** Usage when the answer began, and as it was reported last. */
  readonly start: WireUsage | null
  readonly last: WireUsage | null
  readonly stopReason: string | null
  /** Output tokens by the length of what was seen: for an answer that never says how many it had. */
  readonly estimatedOutputTokens: number
  /** `open`: more may follow. `complete`: the usage is final. `refused`: an error in the place of a message. */
  readonly state: 'open' | 'complete' | 'refused'
}

/** Reads an answer as it passes, and keeps of it only what its cost depends on. */
export interface AnswerReader {
  push(chunk: Uint8Array): void
  /** No more bytes follow. */
  end(): void
  readonly facts: AnswerFacts
  /** By a monotonic clock; null before a token was there. */
  readonly firstTokenAtMs: number | null
}

export function createAnswerReader({ status, headers }: Omit<UpstreamResponse, 'body'>): AnswerReader {
  const isStream = status < 400 && (headers['content-type'] ?? '').startsWith('text/event-stream')
  return isStream ? new StreamReader() : new WholeReader(status)
}

/** Of an answer that has not begun. */
export const nothingKnown: AnswerFacts = {
  messageId: null,
  start: null,
  last: null,
  stopReason: null,
  estimatedOutputTokens: 0,
  state: 'open',
}

/** JSON around the text of one delta. */
const deltaFrameBytes = 80
/** English text and code have about this many characters in a token. */
const charactersPerToken = 4

class StreamReader implements AnswerReader {
  facts = nothingKnown
  firstTokenAtMs: number | null = null
  #characters = 0
  readonly #parser = createSseParser((event) => this.#take(event))

  push(chunk: Uint8Array): void {
    this.#parser.push(chunk)
  }

  end(): void {}

  /** Text arrives in thousands of events; they are counted unread. Some services name no events. */
  #take({ event, data }: SseEvent): void {
    if (event === 'content_block_delta') return this.#takeText(data.length)
    if (event === 'ping' || event.startsWith('content_block_')) return
    const frame = asRecord(parseJson(data))
    switch (frame['type']) {
      case 'content_block_delta':
        return this.#takeText(data.length)
      case 'message_start': {
        const message = asRecord(frame['message'])
        const messageId = readString(message['id']) ?? null
        this.facts = { ...this.facts, messageId, start: readUsage(message['usage']) }
        return
      }
      case 'message_delta': {
        const stopReason = readString(asRecord(frame['delta'])['stop_reason']) ?? this.facts.stopReason
        const state = stopReason === null ? this.facts.state : 'complete'
        this.facts = { ...this.facts, last: readUsage(frame['usage']), stopReason, state }
        return
      }
      case 'message_stop':
        this.facts = { ...this.facts, state: 'complete' }
        return
      case 'error':
        // Before a message began it is an error answer like any other.
        if (this.facts.start === null) this.facts = { ...this.facts, state: 'refused' }
        return
      default:
        return
    }
  }

  #takeText(length: number): void {
    this.firstTokenAtMs ??= performance.now()
    this.#characters += Math.max(0, length - deltaFrameBytes)
    this.facts = { ...this.facts, estimatedOutputTokens: Math.ceil(this.#characters / charactersPerToken) }
  }
}

class WholeReader implements AnswerReader {
  facts = nothingKnown
  firstTokenAtMs: number | null = null
  readonly #status: number
  readonly #chunks: Uint8Array[] = []

  constructor(status: number) {
    this.#status = status
    if (status >= 400 && !timedOutBetween.has(status)) this.facts = { ...nothingKnown, state: 'refused' }
  }

  push(chunk: Uint8Array): void {
    this.firstTokenAtMs ??= performance.now()
    this.#chunks.push(chunk)
  }

  end(): void {
    const answer = asRecord(parseJson(Buffer.concat(this.#chunks).toString('utf8')))
    if (this.#status >= 400) {
      if (readApiError(answer) !== undefined) this.facts = { ...nothingKnown, state: 'refused' }
      return
    }
    if (answer['type'] !== 'message') return
    this.facts = {
      messageId: readString(answer['id']) ?? null,
      start: null,
      last: readUsage(answer['usage']),
      stopReason: readString(answer['stop_reason']) ?? null,
      estimatedOutputTokens: 0,
      state: 'complete',
    }
  }
}

/**
 * With these a server on the way gives up waiting, and the model may have answered all the same. Only an error
 * in the words of the API says that it did not.
 */
const timedOutBetween = new Set([502, 504, 520, 522, 524])
