/** A timer of Node reaches no further; a longer wait has no end. */
const longestTimerMs = 2 ** 31 - 1

/** How long a question may go unanswered. */
export class Patience {
  readonly #onEnd: () => void
  #timer: NodeJS.Timeout | undefined

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd
  }

  /** Begins anew. */
  wait(timeoutMs: number): void {
    this.stop()
    if (timeoutMs <= longestTimerMs) this.#timer = setTimeout(this.#onEnd, timeoutMs)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}
