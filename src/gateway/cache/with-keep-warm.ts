import { cacheTtlMs, type KeepWarm } from '../../domain/cache-strategy.ts'
import type { CallUsage } from '../../domain/call-usage.ts'
import { keepWarmEveryMs, keepWarmPrice } from '../../domain/keep-warm-price.ts'
import { costOfCall } from '../../domain/prices/cost-of-call.ts'
import { findPrice } from '../../domain/prices/find-price.ts'
import type { PriceRow } from '../../domain/prices/price-table.ts'
import type { ModelUpstream, RunAccount, UpstreamRequest, UpstreamResponse } from '../../ports/model-gateway.ts'
import { createAnswerReader, type AnswerReader } from '../metering/answer-reader.ts'
import { describeCall } from '../metering/describe-call.ts'
import { callUsageOf } from '../metering/usage-of-wire.ts'
import { isModelRequest } from '../traffic/request-facts.ts'
import { keepWarmPing, type Ping } from './keep-warm-ping.ts'
import type { Timer } from './timer.ts'

export interface KeepWarmOptions {
  readonly keepWarm: KeepWarm
  readonly account: () => RunAccount
  /** Answers the readings: metered and bounded by budgets like any call, but not tried again. */
  readonly pinged: ModelUpstream
  readonly timer: Timer
}

/** Longest time that the end of a run waits for a reading under way, which is paid for. */
const patienceMs = 2_000

/**
 * An upstream whose main conversation keeps its prompt cache while the agent asks nothing: shortly before the entry
 * of its last request is lost, that request is made again for one token of an answer, as long as that is worth it.
 */
export function withKeepWarm(upstream: ModelUpstream, options: KeepWarmOptions): KeptWarmUpstream {
  const warmer = new CacheWarmer(options)
  return {
    name: upstream.name,
    async handle(request) {
      const last = warmer.begin(request)
      const answer = await upstream.handle(request)
      return last === null ? answer : warmer.follow(last, answer)
    },
    close: () => warmer.close(),
  }
}

export interface KeptWarmUpstream extends ModelUpstream {
  /** Makes no further reading, and waits a little for one under way. */
  close(): Promise<void>
}

/** The agent's last request of its main conversation, and what became of it. */
interface LastRequest {
  readonly ping: Ping
  readonly model: string
  /** When the entry was used last. */
  usedAtMs: number
  pings: number
  reader: AnswerReader | null
  stopTimer: () => void
}

class CacheWarmer {
  readonly #options: KeepWarmOptions
  readonly #timer: Timer
  readonly #end = new AbortController()
  #last: LastRequest | null = null
  #underWay: Promise<void> = Promise.resolve()
  #spentNanoUsd = 0n

  constructor(options: KeepWarmOptions) {
    this.#options = options
    this.#timer = options.timer
  }

  /** Any request of the main conversation ends what was kept warm for the one before: it uses the entry itself. */
  begin(request: UpstreamRequest): LastRequest | null {
    if (this.#end.signal.aborted || !isModelRequest(request)) return null
    const { kind, thread, model } = describeCall(request)
    if (kind === 'side' || thread !== null || model === '') return null
    this.#forget()
    const ping = keepWarmPing(request)
    if (ping === null) return null
    const last: LastRequest = {
      ping, model, usedAtMs: this.#timer.nowMs(), pings: 0, reader: null, stopTimer: () => {},
    } // prettier-ignore
    this.#last = last
    this.#wait(last)
    return last
  }

  follow(last: LastRequest, answer: UpstreamResponse): UpstreamResponse {
    const reader = createAnswerReader(answer)
    last.reader = reader
    return { ...answer, body: readAlong(answer.body, reader) }
  }

  async close(): Promise<void> {
    this.#forget()
    const impatience = Promise.withResolvers<void>()
    const stopTimer = this.#timer.after(patienceMs, impatience.resolve)
    await Promise.race([this.#underWay, impatience.promise])
    stopTimer()
    this.#end.abort()
  }

  #forget(): void {
    this.#last?.stopTimer()
    this.#last = null
  }

  #wait(last: LastRequest): void {
    const dueMs = last.usedAtMs + keepWarmEveryMs(last.ping.ttl)
    last.stopTimer = this.#timer.after(dueMs - this.#timer.nowMs(), () => {
      // Nothing of it may break the run.
      const reading = this.#readAgain(last).catch(() => {})
      this.#underWay = reading
    })
  }

  async #readAgain(last: LastRequest): Promise<void> {
    const price = findPrice(this.#options.account().prices.billed, last.model, { at: new Date() })
    const usage = usageOf(last.reader)
    if (price === undefined || usage === null || !this.#isWorthIt(last, { usage, price })) return
    last.usedAtMs = this.#timer.nowMs()
    last.pings += 1
    const read = await this.#ask(last)
    if (read === null) return
    this.#spentNanoUsd += costOfCall(read, price)
    // An entry that is gone each time, for whatever reason, is not worth another reading.
    const isWarm = read.cacheReadInputTokens > 0 && writtenBy(read) === 0
    if (isWarm && this.#last === last) this.#wait(last)
  }

  #isWorthIt(last: LastRequest, { usage, price }: { usage: CallUsage; price: PriceRow }): boolean {
    const { forMs, maxCostNanoUsd } = this.#options.keepWarm
    const idleMs = this.#timer.nowMs() - last.usedAtMs
    // This machine slept, and the entry is lost.
    if (idleMs >= cacheTtlMs[last.ping.ttl]) return false
    const plan = keepWarmPrice({ usage, ttl: last.ping.ttl, forMs }, price)
    if (last.pings >= plan.pings) return false
    return maxCostNanoUsd === null || this.#spentNanoUsd + plan.worstPingNanoUsd <= maxCostNanoUsd
  }

  /** What the reading used; null where it was not answered. */
  async #ask({ ping }: LastRequest): Promise<CallUsage | null> {
    try {
      const answer = await this.#options.pinged.handle({ ...ping.request, signal: this.#end.signal })
      const reader = createAnswerReader(answer)
      for await (const chunk of answer.body) reader.push(chunk)
      reader.end()
      return reader.facts.state === 'complete' ? usageOf(reader) : null
    } catch {
      return null
    }
  }
}

/** Null while the answer has not begun, and where there is none. */
function usageOf(reader: AnswerReader | null): CallUsage | null {
  const { state, start, last } = reader?.facts ?? { state: 'open', start: null, last: null }
  return state === 'refused' || (start === null && last === null) ? null : callUsageOf(start, last)
}

const writtenBy = (usage: CallUsage): number => usage.cacheWrite5mInputTokens + usage.cacheWrite1hInputTokens

/** Not a generator: one that is left before it began would never tell the answer. */
function readAlong(body: AsyncIterable<Uint8Array>, reader: AnswerReader): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]() {
      const chunks = body[Symbol.asyncIterator]()
      return {
        async next() {
          const next = await chunks.next()
          if (next.done === true) reader.end()
          else reader.push(next.value)
          return next
        },
        async return() {
          await chunks.return?.()
          return { done: true, value: undefined }
        },
      }
    },
  }
}
