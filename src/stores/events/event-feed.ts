import type { SubscribeOptions } from '../../ports/event-log.ts'
import type { LoggedEvent } from '../../domain/session-event.ts'
import { FeedTopic, type FeedSource } from './feed-topic.ts'

/** Starts telling when other processes may have written, to one topic or to any; returns what stops it. */
export type CommitWatch = (committed: (topic?: string) => void) => () => void

/** Live subscriptions to the logs of one storage: each log that has readers is one topic. */
export class EventFeed {
  readonly #topics = new Map<string, FeedTopic>()
  readonly #watchCommits: CommitWatch | undefined
  #stopWatching: (() => void) | undefined

  constructor(watchCommits?: CommitWatch) {
    this.#watchCommits = watchCommits
  }

  /** Hands over events that this process just committed, in the order of the commits. */
  publish(topic: string, events: readonly LoggedEvent[]): void {
    if (events.length > 0) this.#topics.get(topic)?.publish(events)
  }

  /** The log is gone: its subscriptions end. */
  end(topic: string): void {
    this.#topics.get(topic)?.end()
  }

  close(): void {
    for (const topic of this.#topics.values()) topic.end()
    this.#stopWatching?.()
    this.#stopWatching = undefined
  }

  /** Each iteration is a subscription of its own; ending the iteration early ends it, even while it waits. */
  subscribe(topic: string, source: FeedSource, options: SubscribeOptions = {}): AsyncIterable<LoggedEvent> {
    const iterate = (): AsyncIterator<LoggedEvent> => {
      const stop = new AbortController()
      const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal
      const events = this.#follow(topic, source, { after: options.after ?? 0, signal })
      return {
        next: () => events.next(),
        return: () => {
          stop.abort()
          return events.return(undefined)
        },
      }
    }
    return { [Symbol.asyncIterator]: iterate }
  }

  async *#follow(key: string, source: FeedSource, options: { after: number; signal: AbortSignal }) {
    if (options.signal.aborted) return
    const topic = this.#enter(key, source)
    const reader = topic.join(options.after)
    const stop = () => reader.end()
    options.signal.addEventListener('abort', stop, { once: true })
    try {
      for await (const event of reader.events()) {
        yield event
        if (options.signal.aborted) return
      }
    } finally {
      options.signal.removeEventListener('abort', stop)
      topic.leave(reader)
      this.#exit(key, topic)
    }
  }

  #enter(key: string, source: FeedSource): FeedTopic {
    // The watch begins before the topic first looks at its log, so that no commit falls between them.
    this.#stopWatching ??= this.#watchCommits?.((changed) => {
      if (changed !== undefined) return this.#topics.get(changed)?.refresh()
      for (const topic of this.#topics.values()) topic.refresh()
    })
    const known = this.#topics.get(key)
    if (known && !known.ended) return known
    const topic = new FeedTopic(source)
    this.#topics.set(key, topic)
    return topic
  }

  #exit(key: string, topic: FeedTopic): void {
    if (topic.size > 0) return
    if (this.#topics.get(key) === topic) this.#topics.delete(key)
    if (this.#topics.size > 0) return
    this.#stopWatching?.()
    this.#stopWatching = undefined
  }
}
