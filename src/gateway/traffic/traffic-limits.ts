import { RateBucket } from './rate-bucket.ts'

/** What may pass at most. What is left out has no bound. */
export interface TrafficLimits {
  /** Requests under way at once. */
  readonly concurrency?: number
  readonly requestsPerMinute?: number
  /** Input tokens, without those read from the cache: estimated before a request, corrected by its usage. */
  readonly inputTokensPerMinute?: number
  /** Output tokens. They are known only afterwards, so that a request may overdraw the limit and the next one waits. */
  readonly outputTokensPerMinute?: number
}

export interface TokenUse {
  readonly inputTokens: number
  readonly outputTokens: number
}

/** The limits of one key or one tenant, and how much of them is used. */
export class LimitMeter {
  inFlight = 0
  readonly #concurrency: number
  readonly #requests: RateBucket | undefined
  readonly #input: RateBucket | undefined
  readonly #output: RateBucket | undefined

  constructor(limits: TrafficLimits, nowMs: number) {
    const bucket = (perMinute: number | undefined): RateBucket | undefined =>
      perMinute === undefined ? undefined : new RateBucket(perMinute, nowMs)
    this.#concurrency = limits.concurrency ?? Number.POSITIVE_INFINITY
    this.#requests = bucket(limits.requestsPerMinute)
    this.#input = bucket(limits.inputTokensPerMinute)
    this.#output = bucket(limits.outputTokensPerMinute)
  }

  hasRoom(): boolean {
    return this.inFlight < this.#concurrency
  }

  /** Milliseconds until the rates allow a request of so many input tokens; 0: now. */
  readyInMs(inputTokens: number, nowMs: number): number {
    return Math.max(
      this.#requests?.readyInMs(1, nowMs) ?? 0,
      this.#input?.readyInMs(inputTokens, nowMs) ?? 0,
      this.#output?.readyInMs(1, nowMs) ?? 0,
    )
  }

  begin(inputTokens: number, nowMs: number): void {
    this.inFlight += 1
    this.#requests?.take(1, nowMs)
    this.#input?.take(inputTokens, nowMs)
  }

  /** Puts the real numbers in the place of the estimate. */
  end(estimate: number, used: TokenUse | undefined, nowMs: number): void {
    this.inFlight -= 1
    if (used === undefined) return
    this.#input?.take(used.inputTokens - estimate, nowMs)
    this.#output?.take(used.outputTokens, nowMs)
  }
}
