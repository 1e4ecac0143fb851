/** How long a start may keep its slot when the agent shows no sign of life. */
const longestStartMs = 10_000

/**
 * Bounds how many agents start at the same time. A starting agent keeps a core busy for some tenths of
 * a second; more of them at once make every one slower and none sooner. Running agents are not counted.
 */
export class StartSlots {
  readonly #limit: number
  readonly #waiting: (() => void)[] = []
  #taken = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Waits for its turn, first come first served; resolves to the way to give the slot back, once or more often. */
  async take(): Promise<() => void> {
    if (this.#taken >= this.#limit) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#taken += 1
    let isTaken = true
    const giveBack = (): void => {
      if (!isTaken) return
      isTaken = false
      clearTimeout(timer)
      const next = this.#waiting.shift()
      if (next === undefined) this.#taken -= 1
      else next()
    }
    const timer = setTimeout(giveBack, longestStartMs)
    timer.unref()
    return giveBack
  }
}
