export interface CircuitOptions {
  /** Failures in a row that open it. Default: 5. */
  readonly failuresToOpen?: number
  /** How long it stays open for the first time; each failed probe doubles that. Default: 15 seconds. */
  readonly openMs?: number
  /** Default: 2 minutes. */
  readonly maxOpenMs?: number
}

/** `ask`: like any other. `probe`: the one request that finds out whether the service is back. `refuse`: not now. */
export type CircuitAdvice =
  | { readonly kind: 'ask' }
  | { readonly kind: 'probe' }
  | { readonly kind: 'refuse'; readonly retryInMs: number }

/**
 * Spares a service that keeps failing, and those who would wait for it: after some failures in a row nobody asks
 * for a while, then one does, and what becomes of that decides for all.
 */
export class CircuitBreaker {
  readonly #failuresToOpen: number
  readonly #firstOpenMs: number
  readonly #maxOpenMs: number
  #failures = 0
  #openMs: number
  /** Null: closed. */
  #openUntilMs: number | null = null
  #isProbed = false

  constructor({ failuresToOpen = 5, openMs = 15_000, maxOpenMs = 120_000 }: CircuitOptions = {}) {
    this.#failuresToOpen = failuresToOpen
    this.#firstOpenMs = openMs
    this.#maxOpenMs = maxOpenMs
    this.#openMs = openMs
  }

  /** Nothing has gone wrong lately. */
  get isQuiet(): boolean {
    return this.#openUntilMs === null && this.#failures === 0
  }

  advice(nowMs: number): CircuitAdvice {
    if (this.#openUntilMs === null) return { kind: 'ask' }
    const leftMs = this.#openUntilMs - nowMs
    if (leftMs > 0) return { kind: 'refuse', retryInMs: leftMs }
    if (this.#isProbed) return { kind: 'refuse', retryInMs: 1_000 }
    this.#isProbed = true
    return { kind: 'probe' }
  }

  succeeded(): void {
    this.#failures = 0
    this.#openUntilMs = null
    this.#openMs = this.#firstOpenMs
    this.#isProbed = false
  }

  failed(advice: CircuitAdvice, nowMs: number): void {
    if (advice.kind === 'probe') {
      this.#openMs = Math.min(this.#maxOpenMs, this.#openMs * 2)
      this.#open(nowMs)
      return
    }
    // Asked before it opened: it is known by now.
    if (this.#openUntilMs !== null) return
    this.#failures += 1
    if (this.#failures >= this.#failuresToOpen) this.#open(nowMs)
  }

  /** The request told nothing: who asked has hung up. Another one may probe. */
  unknown(advice: CircuitAdvice): void {
    if (advice.kind === 'probe') this.#isProbed = false
  }

  #open(nowMs: number): void {
    this.#openUntilMs = nowMs + this.#openMs
    this.#isProbed = false
  }
}
