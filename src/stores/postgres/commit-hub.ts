import { randomUUID } from 'node:crypto'
import { setImmediate as endOfTurn, setTimeout as delay } from 'node:timers/promises'
import type { Client } from 'pg'
import type { PostgresConnections } from './postgres-connections.ts'

/** A notification may be lost with the process that was about to send it; this is how soon its commit is seen all the same. */
const sweepIntervalMs = 3000
const longestPauseMs = 2000
/** A payload has less than 8000 bytes. */
const longestTopic = 1900

type Committed = (topic?: string) => void

/**
 * Tells other processes what was committed here, and hears of what was committed there: `NOTIFY`, and one
 * connection that listens, from the first watcher on until the end. When that connection breaks it is made
 * anew, and all watchers look at what they may have missed.
 */
export class CommitHub {
  readonly #connections: PostgresConnections
  readonly #channel: string
  /** Tells our own notifications from those of others. */
  readonly #name = randomUUID()
  readonly #watchers = new Set<Committed>()
  readonly #closing = new AbortController()
  #changed = new Set<string>()
  #sending: Promise<void> | undefined
  #listening: Promise<void> | undefined
  #sweep: NodeJS.Timeout | undefined

  constructor(connections: PostgresConnections, schema: string) {
    this.#connections = connections
    this.#channel = `perdure_${schema}`
  }

  announce(topic: string): void {
    this.#changed.add(topic)
    this.#sending ??= this.#send()
  }

  watch(committed: Committed): () => void {
    this.#watchers.add(committed)
    this.#listening ??= this.#listen()
    this.#sweep ??= setInterval(() => this.#tell(), sweepIntervalMs).unref()
    return () => this.#watchers.delete(committed)
  }

  async close(): Promise<void> {
    clearInterval(this.#sweep)
    await this.#sending
    this.#closing.abort()
    await this.#listening
  }

  #tell(topic?: string): void {
    for (const committed of this.#watchers) committed(topic)
  }

  /** What changes while a notification is on its way goes with the next one. Not part of the write: a
   *  transaction that notifies holds a lock on the whole server while it commits. */
  async #send(): Promise<void> {
    while (this.#changed.size > 0) {
      await endOfTurn()
      const payloads = [...this.#changed].map((topic) => `${this.#name} ${topic.length > longestTopic ? '' : topic}`)
      this.#changed = new Set()
      const sql = 'select pg_notify($1, payload) from unnest($2::text[]) as payload'
      // Who cannot be told finds out by himself, when he has a connection again or looks next.
      await this.#connections.execute(sql, [this.#channel, payloads]).catch(() => {})
    }
    this.#sending = undefined
  }

  async #listen(): Promise<void> {
    const { signal } = this.#closing
    for (let tried = 0; !signal.aborted; tried++) {
      const client = this.#connections.newClient()
      try {
        const ended = endOf(client, signal)
        client.on('notification', ({ payload }) => this.#hear(payload ?? ''))
        await client.connect()
        // A subscription alone does not keep a process alive.
        ;(client as Client & { unref(): void }).unref()
        await client.query(`listen ${this.#channel}`)
        tried = 0
        this.#tell()
        await ended
      } catch {
        // Whoever reads reports what is wrong.
      }
      await client.end().catch(() => {})
      await delay(Math.min(20 * 2 ** tried, longestPauseMs), undefined, { signal, ref: false }).catch(() => {})
    }
  }

  #hear(payload: string): void {
    const space = payload.indexOf(' ')
    if (payload.slice(0, space) === this.#name) return
    this.#tell(payload.slice(space + 1) || undefined)
  }
}

/** Resolves when the connection is gone, or no longer wanted. */
const endOf = (client: Client, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const end = () => {
      signal.removeEventListener('abort', end)
      resolve()
    }
    client.on('error', end)
    client.on('end', end)
    signal.addEventListener('abort', end)
  })
