import type { LoggedEvent } from '../../domain/session-event.ts'
import { FeedReader } from './feed-reader.ts'

/** What a topic asks of the log behind it. */
export interface FeedSource {
  /** Null when there is no such log (any more). */
  state(): Promise<LogState | null>
  /** Events after `after`, oldest first; none when the log is no longer the one named. */
  read(query: { logId: string; after: number; limit: number }): Promise<LoggedEvent[]>
}

export interface LogState {
  /** Differs between two logs that stood under the same session id one after the other. */
  readonly logId: string
  readonly head: number
}

const refreshBatch = 500

/**
 * The readers of one log. Those that have caught up are *live* and share one position: what is
 * published after it is handed to them without reading the log again. Where something is missing
 * between the position and what is published, because another process wrote it, the log is read once
 * for all of them.
 */
export class FeedTopic {
  readonly #source: FeedSource
  readonly #readers = new Set<FeedReader>()
  readonly #logId: Promise<string | null>
  #position = 0
  #refreshing = false
  #refreshAgain = false
  #ended = false

  constructor(source: FeedSource) {
    this.#source = source
    this.#logId = source.state().then((state) => state?.logId ?? null)
    // A failure reaches every reader through its own read; without readers nobody needs it.
    this.#logId.catch(() => {})
  }

  get size(): number {
    return this.#readers.size
  }

  get ended(): boolean {
    return this.#ended
  }

  join(after: number): FeedReader {
    const reader = new FeedReader({
      after,
      read: async (position, limit) => {
        const logId = await this.#logId
        return logId === null ? null : this.#source.read({ logId, after: position, limit })
      },
      goLive: (position) => {
        // The lowest holds: one may wait for a number far ahead, and the others want what comes before it.
        this.#position = this.#hasLiveReader(reader) ? Math.min(this.#position, position) : position
      },
    })
    this.#readers.add(reader)
    return reader
  }

  leave(reader: FeedReader): void {
    this.#readers.delete(reader)
  }

  publish(events: readonly LoggedEvent[]): void {
    if (this.#hasLiveReader() && events[0]!.sequence > this.#position + 1) this.refresh()
    else this.#deliver(events)
  }

  /** Looks at the log, because another process may have written to it or removed it. */
  refresh(): void {
    this.#refreshAgain = true
    if (!this.#refreshing) void this.#refreshWhileAsked()
  }

  end(): void {
    this.#ended = true
    for (const reader of this.#readers) reader.end()
  }

  async #refreshWhileAsked(): Promise<void> {
    this.#refreshing = true
    try {
      while (this.#refreshAgain && !this.#ended) {
        this.#refreshAgain = false
        await this.#readNews()
      }
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#refreshing = false
    }
  }

  async #readNews(): Promise<void> {
    const logId = await this.#logId
    const state = await this.#source.state()
    if (logId === null || state?.logId !== logId) return this.end()
    for (const reader of this.#readers) reader.noticeNews()
    while (this.#hasLiveReader() && state.head > this.#position) {
      const events = await this.#source.read({ logId, after: this.#position, limit: refreshBatch })
      if (events.length === 0) return
      this.#deliver(events)
    }
  }

  #deliver(events: readonly LoggedEvent[]): void {
    const fresh = events.filter((event) => event.sequence > this.#position)
    this.#position = fresh.at(-1)?.sequence ?? this.#position
    for (const reader of this.#readers) reader.offer(events)
  }

  #fail(error: unknown): void {
    this.#ended = true
    for (const reader of this.#readers) reader.fail(error)
  }

  #hasLiveReader(except?: FeedReader): boolean {
    for (const reader of this.#readers) if (reader.live && reader !== except) return true
    return false
  }
}
