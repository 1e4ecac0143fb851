/** Above so many waiting items, those that may be dropped are. */
const crowded = 1_000

/** What one producer pushes, one reader reads in its own time. */
export class LiveQueue<Item> implements AsyncIterable<Item> {
  readonly #isDroppable: (item: Item) => boolean
  #items: Item[] = []
  #ended = false
  #failure: { readonly error: unknown } | null = null
  #wake: () => void = () => {}

  constructor({ isDroppable = () => false }: { isDroppable?: (item: Item) => boolean } = {}) {
    this.#isDroppable = isDroppable
  }

  push(item: Item): void {
    if (this.#ended || (this.#items.length >= crowded && this.#isDroppable(item))) return
    this.#items.push(item)
    this.#wake()
  }

  /** No more will come; what waits is still read. */
  end(): void {
    this.#ended = true
    this.#wake()
  }

  /** Like `end`, and then the reader gets this error. */
  fail(error: unknown): void {
    this.#failure ??= { error }
    this.end()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void> {
    for (;;) {
      const items = this.#items
      this.#items = []
      yield* items
      if (this.#items.length > 0) continue
      if (this.#ended) break
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    if (this.#failure !== null) throw this.#failure.error
  }
}
