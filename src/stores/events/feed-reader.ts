import type { LoggedEvent } from '../../domain/session-event.ts'

export interface FeedReaderOptions {
  readonly after: number
  /** Events after a position; null when there is no log. */
  readonly read: (position: number, limit: number) => Promise<LoggedEvent[] | null>
  /** Called in the same tick in which the reader became live at this position. */
  readonly goLive: (position: number) => void
}

const catchUpBatch = 256
/** What a slow reader may leave lying in memory; beyond it the log is read again. */
const maximumWaiting = 1024

/**
 * One reader of a log. It catches up by reading, until a read finds nothing and nothing was offered
 * meanwhile; from then on it is live and takes what is offered. When too much lies unread, it goes
 * back to catching up, so a slow reader costs a bounded amount of memory and holds nobody back.
 */
export class FeedReader {
  readonly #options: FeedReaderOptions
  #waiting: LoggedEvent[] = []
  #taken = 0
  /** Sequence number of the last event given out or waiting. */
  #received: number
  #live = false
  #missed = false
  #ended = false
  #failure: { error: unknown } | undefined
  #wake: () => void = () => {}

  constructor(options: FeedReaderOptions) {
    this.#options = options
    this.#received = options.after
  }

  get live(): boolean {
    return this.#live
  }

  /** Events just committed, without gaps among them. */
  offer(events: readonly LoggedEvent[]): void {
    for (const event of events) {
      if (event.sequence <= this.#received) continue
      if (
        !this.#live ||
        event.sequence !== this.#received + 1 ||
        this.#waiting.length - this.#taken >= maximumWaiting
      ) {
        this.#live = false
        this.#missed = true
        break
      }
      this.#waiting.push(event)
      this.#received = event.sequence
    }
    this.#wake()
  }

  /** There may be more in the log than the last read saw. */
  noticeNews(): void {
    this.#missed = true
  }

  end(): void {
    this.#ended = true
    this.#wake()
  }

  fail(error: unknown): void {
    this.#failure = { error }
    this.end()
  }

  async *events(): AsyncGenerator<LoggedEvent, void> {
    while (true) {
      while (this.#taken < this.#waiting.length) yield this.#waiting[this.#taken++]!
      this.#waiting = []
      this.#taken = 0
      if (this.#failure) throw this.#failure.error
      if (this.#ended) return
      if (this.#live) await this.#woken()
      else yield* this.#catchUp()
    }
  }

  async *#catchUp(): AsyncGenerator<LoggedEvent, void> {
    this.#missed = false
    const events = await this.#options.read(this.#received, catchUpBatch).catch((error: unknown) => {
      // The storage was closed under it, and nobody reads any more.
      if (this.#ended) return []
      throw error
    })
    if (events === null) this.#ended = true
    for (const event of events ?? []) {
      if (this.#ended) return
      this.#received = event.sequence
      yield event
    }
    if (events?.length === 0 && !this.#missed) {
      this.#live = true
      this.#options.goLive(this.#received)
    }
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }
}
