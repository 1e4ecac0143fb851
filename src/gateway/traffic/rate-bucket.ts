const roundingError = 1e-6

/**
 * An allowance per minute that fills up steadily. It may be overdrawn, by what was used before it was known how
 * much: then it is empty until the debt is filled up.
 */
export class RateBucket {
  readonly #perMinute: number
  #level: number
  #atMs: number

  constructor(perMinute: number, nowMs: number) {
    this.#perMinute = perMinute
    this.#level = perMinute
    this.#atMs = nowMs
  }

  /** Milliseconds until this much may be taken; 0: now. What is more than a minute's allowance needs a full bucket. */
  readyInMs(amount: number, nowMs: number): number {
    const needed = Math.min(amount, this.#perMinute)
    const missing = needed - this.level(nowMs)
    return missing <= roundingError ? 0 : Math.ceil((missing * 60_000) / this.#perMinute)
  }

  /** Takes it, whether it is there or not; a negative amount gives back. */
  take(amount: number, nowMs: number): void {
    this.#level = Math.min(this.#perMinute, this.level(nowMs) - amount)
    this.#atMs = nowMs
  }

  level(nowMs: number): number {
    const filled = (Math.max(0, nowMs - this.#atMs) / 60_000) * this.#perMinute
    return Math.min(this.#perMinute, this.#level + filled)
  }
}
