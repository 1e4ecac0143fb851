/**
 * Tells a summary request from a turn's. The agent brackets it with two reports, and its body has a
 * shape of its own; whichever is seen first, one bracket covers one request.
 */
export class CompactionBracket {
  #open = false
  #seenEarly = 0

  /** A turn-like request of the main thread between the reports is the summary request. */
  get isOpen(): boolean {
    return this.#open
  }

  /** A request had the shape of a summary request. */
  noteShape(): void {
    if (this.#open) this.#open = false
    else this.#seenEarly += 1
  }

  noteStarted(): void {
    if (this.#seenEarly > 0) this.#seenEarly -= 1
    else this.#open = true
  }

  noteEnded(): void {
    this.#open = false
  }
}
