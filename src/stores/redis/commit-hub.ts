import type { RedisConnection, Subscription } from './redis-connection.ts'

/** A message may be lost with a connection that breaks; this is how soon its commit is seen all the same. */
const sweepIntervalMs = 3000

type Committed = (topic?: string) => void

/** Hears of what other processes committed, from the first watcher on. The scripts that commit say it themselves. */
export class CommitHub {
  readonly channel: string
  /** Names this process: what it commits itself it knows. */
  readonly token: string
  readonly #connection: RedisConnection
  readonly #watchers = new Set<Committed>()
  #subscription: Subscription | undefined
  #sweep: NodeJS.Timeout | undefined

  constructor(connection: RedisConnection, options: { channel: string; token: string }) {
    this.#connection = connection
    this.channel = options.channel
    this.token = options.token
  }

  watch(committed: Committed): () => void {
    this.#watchers.add(committed)
    this.#subscription ??= this.#connection.listen(this.channel, {
      heard: (message) => this.#hear(message),
      listening: () => this.#tell(),
    })
    this.#sweep ??= setInterval(() => this.#tell(), sweepIntervalMs).unref()
    return () => this.#watchers.delete(committed)
  }

  close(): void {
    clearInterval(this.#sweep)
    this.#subscription?.close()
  }

  #hear(message: string): void {
    const space = message.indexOf(' ')
    if (message.slice(0, space) !== this.token) this.#tell(message.slice(space + 1))
  }

  #tell(topic?: string): void {
    for (const committed of this.#watchers) committed(topic)
  }
}
