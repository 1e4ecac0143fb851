import type { CommitWatch } from '../events/event-feed.ts'

/** How much sooner it looks again after something was found. */
const haste = 4

/**
 * Lets followers look for news again and again, since a bucket tells nobody what others write to it: soon after there was
 * something, and ever less often while there is nothing.
 */
export class NewsWatch {
  readonly #longestMs: number
  #intervalMs: number

  /** Takes how often to look while there is nothing. */
  constructor(pollMs: number) {
    this.#longestMs = pollMs
    this.#intervalMs = pollMs
  }

  /** Something was found that another process has written. */
  found(): void {
    this.#intervalMs = this.#longestMs / haste
  }

  readonly watch: CommitWatch = (committed) => {
    let timer: NodeJS.Timeout | undefined
    const look = (): void => {
      committed()
      timer = setTimeout(look, this.#intervalMs)
      this.#intervalMs = Math.min(this.#intervalMs * 1.5, this.#longestMs)
    }
    timer = setTimeout(look, this.#intervalMs)
    return () => clearTimeout(timer)
  }
}
