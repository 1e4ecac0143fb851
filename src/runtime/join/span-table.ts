import type { Span } from './span.ts'

/** Closed spans are kept this long for what may still be reported of them. */
const closedSpansKept = 16

/** The spans of a run, by the gateway's number, by request id, and by message id. */
export class SpanTable {
  readonly #byRequest = new Map<number, Span>()
  readonly #byRequestId = new Map<string, Span>()
  /** Newest last: a replayed answer repeats its message id. */
  readonly #byMessageId = new Map<string, Span[]>()
  readonly #closed: Span[] = []

  add(span: Span): void {
    this.#byRequest.set(span.request, span)
  }

  get(request: number): Span | undefined {
    return this.#byRequest.get(request)
  }

  /** To be called when a span has learned its request id or its message id. */
  index(span: Span): void {
    if (span.requestId !== null) this.#byRequestId.set(span.requestId, span)
    if (span.messageId === null) return
    const namesakes = this.#byMessageId.get(span.messageId) ?? []
    if (!namesakes.includes(span)) this.#byMessageId.set(span.messageId, [...namesakes, span])
  }

  /** The span of an answer: by its request id, else the newest of its thread with that message id. */
  find(answer: { agentId: string | null; requestId: string | null; messageId: string }): Span | undefined {
    const named = answer.requestId === null ? undefined : this.#byRequestId.get(answer.requestId)
    if (named?.agentId === answer.agentId && (named.messageId === null || named.messageId === answer.messageId)) {
      return named
    }
    const own = this.#byMessageId.get(answer.messageId)?.filter((span) => span.agentId === answer.agentId)
    return own?.findLast((span) => span.state !== 'closed') ?? own?.at(-1)
  }

  byRequestId(requestId: string): Span | undefined {
    return this.#byRequestId.get(requestId)
  }

  /** Remembers a closed span for a while, and forgets the oldest of those. */
  retire(span: Span): void {
    this.#closed.push(span)
    const oldest = this.#closed.length > closedSpansKept ? this.#closed.shift() : undefined
    if (oldest) this.#forget(oldest)
  }

  #forget(span: Span): void {
    this.#byRequest.delete(span.request)
    if (span.requestId !== null && this.#byRequestId.get(span.requestId) === span) {
      this.#byRequestId.delete(span.requestId)
    }
    if (span.messageId === null) return
    const others = this.#byMessageId.get(span.messageId)?.filter((other) => other !== span) ?? []
    if (others.length > 0) this.#byMessageId.set(span.messageId, others)
    else this.#byMessageId.delete(span.messageId)
  }
}
