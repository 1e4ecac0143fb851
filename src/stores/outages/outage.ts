/** What a call has in any case, however long the storage has been away: it may be the first to find it back. */
const leastPatienceMs = 1_000
/** After so long without a failure nobody knows whether the next one is of the same outage. */
const memoryMs = 60_000

export interface OutageOptions {
  readonly timeoutMs: number
  /** A clock in milliseconds that only goes forward. */
  readonly now?: () => number
}

/** One call to the storage, which is tried until it is answered or this says no more. */
export interface Patience {
  /** The storage answered, so no outage lasts any more. */
  answered(): void
  /** The storage did not answer: is it worth another try? */
  mayTryAgain(): boolean
}

/**
 * The time for which one storage is away, counted over all calls: a run makes many of them, one after another, and must
 * not wait for the whole outage in each.
 */
export class Outage {
  /** How long an outage is waited for. */
  timeoutMs: number
  readonly #now: () => number
  #firstFailureAt: number | undefined
  #lastFailureAt = 0

  constructor({ timeoutMs, now = () => performance.now() }: OutageOptions) {
    this.timeoutMs = timeoutMs
    this.#now = now
  }

  /** A call begins. */
  begin(): Patience {
    const begunAt = this.#now()
    return {
      answered: () => {
        this.#firstFailureAt = undefined
      },
      mayTryAgain: () => {
        // Others may be answered all the while: the call itself waits no longer than an outage may last either.
        const now = this.#now()
        const isOver = this.#lastsAt(now) > this.timeoutMs
        return now - begunAt <= (isOver ? Math.min(leastPatienceMs, this.timeoutMs) : this.timeoutMs)
      },
    }
  }

  /** For how long it has lasted, with the failure that is told now. */
  #lastsAt(now: number): number {
    if (this.#firstFailureAt === undefined || now - this.#lastFailureAt > memoryMs) this.#firstFailureAt = now
    this.#lastFailureAt = now
    return now - this.#firstFailureAt
  }
}
