/** A queue with one reader: values wait for it, and it waits for values. */
export class AsyncQueue<Value> implements AsyncIterable<Value> {
  readonly #values: Value[] = []
  #ending: { error?: unknown } | undefined
  #wake: (() => void) | undefined

  /** After the end nothing is taken in any more. */
  push(value: Value): void {
    if (this.#ending !== undefined) return
    this.#values.push(value)
    this.#wake?.()
  }

  /** The reader gets what waits, and then the end; with `error` it throws there. */
  end(...error: [error?: unknown]): void {
    if (this.#ending !== undefined) return
    this.#ending = error.length === 0 ? {} : { error: error[0] }
    this.#wake?.()
  }

  get ended(): boolean {
    return this.#ending !== undefined
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Value, void, undefined> {
    while (true) {
      while (this.#values.length > 0) yield this.#values.shift()!
      if (this.#ending !== undefined) break
      await new Promise<void>((resolve) => (this.#wake = resolve))
      this.#wake = undefined
    }
    if ('error' in this.#ending) throw this.#ending.error
  }
}
