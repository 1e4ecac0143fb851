/** A clock that was not heard for so long may have drifted. */
const freshMs = 60_000
const memoryMs = 300_000

interface Reading {
  /** The server's clock minus this process's: at least so much. */
  readonly offsetMs: number
  readonly readAt: number
}

/**
 * A server's clock by the `Date` of its answers, which has whole seconds. Each answer tells that the server's clock was at
 * least so far when it arrived; the one that tells most is right to the time that an answer takes. It is never ahead.
 */
export class ServerClock {
  readonly #monotonicMs: () => number
  #best: Reading | undefined
  #heardAt = -Infinity

  constructor(monotonicMs: () => number = () => performance.now()) {
    this.#monotonicMs = monotonicMs
  }

  /** Takes the `Date` of an answer that arrives now. */
  hear(date: string | undefined): void {
    const serverMs = Date.parse(date ?? '')
    if (Number.isNaN(serverMs)) return
    const readAt = this.#monotonicMs()
    const offsetMs = serverMs - readAt
    const isOld = this.#best !== undefined && readAt - this.#best.readAt > memoryMs
    if (this.#best === undefined || isOld || offsetMs > this.#best.offsetMs) this.#best = { offsetMs, readAt }
    this.#heardAt = readAt
  }

  /** Milliseconds since 1970; undefined when the server was not heard of late. */
  now(): number | undefined {
    const now = this.#monotonicMs()
    return this.#best === undefined || now - this.#heardAt > freshMs ? undefined : Math.floor(now + this.#best.offsetMs)
  }
}
