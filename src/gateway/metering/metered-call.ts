import { newIdBody } from '../../domain/ids.ts'
import type { RunAccount, UpstreamResponse } from '../../ports/model-gateway.ts'
import type { LedgerCall } from '../../ports/ledger.ts'
import type { Admission } from '../budget/budget-gate.ts'
import { newRequestId } from '../wire/api-error.ts'
import { wasNotSent } from '../wire/not-sent.ts'
import { createAnswerReader, nothingKnown, type AnswerFacts, type AnswerReader } from './answer-reader.ts'
import { costOfAnswer, type CallPrices } from './cost-of-answer.ts'

export interface MeteredCallOptions {
  readonly account: RunAccount
  readonly admission: Admission
  readonly prices: CallPrices
  readonly entry: Pick<LedgerCall, 'kind' | 'model' | 'thread' | 'upstream'>
  readonly signal: AbortSignal
  /** Called once, with null for a call that cost nothing. */
  readonly onOver: (ended: EndedCall | null) => void
}

export interface EndedCall {
  /** What is to be entered. */
  readonly entry: LedgerCall
  readonly facts: AnswerFacts
}

/** One model call from its admission to its one and only end, however that comes. */
export class MeteredCall {
  readonly #options: MeteredCallOptions
  readonly #startedAtMs = performance.now()
  #reader: AnswerReader | null = null
  #requestId: string | null = null
  #isOver = false
  /** The agent hung up, perhaps without reading any of the answer. */
  readonly #abandon = (): void => this.end()

  constructor(options: MeteredCallOptions) {
    this.#options = options
    options.signal.addEventListener('abort', this.#abandon, { once: true })
  }

  /** Nobody answered. What provably never left cost nothing. */
  failed(error: unknown): void {
    if (wasNotSent(error)) this.#over(null)
    else this.end()
  }

  /** The same answer, read as it passes. */
  follow(answer: UpstreamResponse): UpstreamResponse {
    const reader = createAnswerReader(answer)
    this.#reader = reader
    // One that is made up here, so that whoever watches the wire knows the call under the same one.
    this.#requestId = answer.headers['request-id'] ?? newRequestId()
    return {
      status: answer.status,
      headers: { ...answer.headers, 'request-id': this.#requestId },
      body: { [Symbol.asyncIterator]: () => this.#chunks(answer.body, reader) },
    }
  }

  /** Ends the call with what is known of it; does nothing when it is over. */
  end(): void {
    const facts = this.#reader?.facts
    if (facts?.state === 'refused') this.#over(null)
    else this.#over(facts ?? nothingKnown)
  }

  /** Not a generator: one that is left before it began would never hear of it. */
  #chunks(body: AsyncIterable<Uint8Array>, reader: AnswerReader): AsyncIterator<Uint8Array, undefined> {
    const chunks = body[Symbol.asyncIterator]()
    return {
      next: async () => {
        try {
          const next = await chunks.next()
          if (next.done === true) {
            reader.end()
            this.end()
            return { done: true, value: undefined }
          }
          reader.push(next.value)
          // Known before the agent has the end of the answer, and asks for the next.
          if (reader.facts.state === 'complete') this.end()
          return next
        } catch (error) {
          this.end()
          throw error
        }
      },
      return: async () => {
        this.end()
        await chunks.return?.()
        return { done: true, value: undefined }
      },
    }
  }

  #over(facts: AnswerFacts | null): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#options.signal.removeEventListener('abort', this.#abandon)
    this.#options.onOver(facts === null ? null : { entry: this.#entryOf(facts), facts })
  }

  #entryOf(facts: AnswerFacts): LedgerCall {
    const { account, admission, entry, prices } = this.#options
    const firstTokenAtMs = this.#reader?.firstTokenAtMs ?? null
    return {
      id: `call_${newIdBody()}`,
      account: account.callAccount,
      tags: account.tags,
      ...entry,
      reservationId: admission.reservation?.id ?? null,
      messageId: facts.messageId,
      requestId: this.#requestId,
      ...costOfAnswer(facts, { prices, reservedNanoUsd: admission.reservation?.grantedNanoUsd ?? 0n }),
      firstTokenMs: firstTokenAtMs === null ? null : Math.round(firstTokenAtMs - this.#startedAtMs),
      durationMs: Math.round(performance.now() - this.#startedAtMs),
    }
  }
}
