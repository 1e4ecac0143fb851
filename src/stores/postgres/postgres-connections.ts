import { setTimeout as delay } from 'node:timers/promises'
import type { Client, ClientConfig, Pool, PoolClient } from 'pg'
import { Outage } from '../outages/outage.ts'
import { storageClosed } from '../outages/storage-closed.ts'
import { loadPg } from './load-pg.ts'
import type { PostgresAnswer } from './postgres-dialect.ts'
import { failureKind, storageFailure } from './postgres-failure.ts'
import type { PostgresSettings } from './postgres-options.ts'

const longestPauseMs = 500
/** https://www.postgresql.org/docs/current/datatype-oid.html: of `bigint`. */
const int8Oid = 20

/** The connections of one process to one database: a pool that outlives restarts of the server. */
export class PostgresConnections {
  /** Where the database is, without secrets: `db.example:5432/app`. */
  readonly place: string
  /** Settings of the server under which a commit may be lost that was acknowledged. */
  caveats: readonly string[] = []
  readonly #pool: Pool
  readonly #newClient: () => Client
  readonly #outage: Outage
  readonly #closing = new AbortController()

  private constructor(pool: Pool, newClient: () => Client, settings: PostgresSettings) {
    this.#pool = pool
    this.#newClient = newClient
    this.#outage = new Outage({ timeoutMs: settings.outageTimeoutMs })
    const { host, port, database } = newClient()
    this.place = `${host}:${port}/${database ?? ''}`
    // Of connections that break while they are idle: they are simply no longer in the pool.
    pool.on('error', () => {})
  }

  /**
   * Waits for a server that starts, but not for one that is not there.
   * @throws {PerdureError} `storage_failed`.
   */
  static async open(settings: PostgresSettings): Promise<PostgresConnections> {
    const pg = await loadPg()
    // Our whole numbers fit into a JavaScript number; amounts of money are read as text. Only for these connections.
    const types = {
      getTypeParser: ((oid: number, format?: never) =>
        oid === int8Oid ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
    }
    const client = { ...settings.client, types }
    // A connection that breaks says so to whoever uses it, and besides by an event, at any time until it is
    // forgotten: one that nobody listens to would end the process.
    class QuietClient extends pg.Client {
      constructor(config?: ClientConfig) {
        super(config)
        this.on('error', () => {})
      }
    }
    const pool = new pg.Pool({
      ...client,
      max: settings.maxConnections,
      allowExitOnIdle: true,
      Client: QuietClient,
    })
    const connections = new PostgresConnections(pool, () => new QuietClient(client), settings)
    try {
      const { rows } = await connections.#waitFor(() => pool.query<Setting>(readDurability), isStarting)
      connections.caveats = rows.map(({ name }) => `${name} is off`)
      return connections
    } catch (error) {
      await connections.close()
      throw error
    }
  }

  /** One statement that may be run again, because it reads, or says the same twice. @throws {PerdureError} */
  execute = (sql: string, parameters: readonly unknown[] = []): Promise<PostgresAnswer> =>
    this.whileReachable(() => this.#pool.query(sql, [...parameters]))

  /**
   * Tries until the server answers, at most until the outage has lasted as long as one may.
   * @throws {PerdureError} `storage_failed`, `storage_busy`, what the attempt throws.
   */
  whileReachable = <Result>(attempt: () => Promise<Result>): Promise<Result> =>
    this.#waitFor(attempt, (error) => failureKind(error) === 'unreachable')

  /** Lends a connection to the work. One that broke, or whose state is in doubt, is closed after it. */
  async using<Result>(work: (connection: PoolClient) => Promise<Result>): Promise<Result> {
    if (this.#closing.signal.aborted) throw storageClosed()
    const connection = await this.#pool.connect()
    let isBroken = true
    try {
      const result = await work(connection)
      isBroken = false
      return result
    } catch (error) {
      isBroken = failureKind(error) === 'unreachable'
      throw error
    } finally {
      connection.release(isBroken)
    }
  }

  /** A connection beside the pool, not yet connected. */
  newClient(): Client {
    return this.#newClient()
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort()
    await this.#pool.end()
  }

  async #waitFor<Result>(attempt: () => Promise<Result>, isWorthWaiting: (error: unknown) => boolean): Promise<Result> {
    const patience = this.#outage.begin()
    for (let tried = 0; ; tried++) {
      if (this.#closing.signal.aborted) throw storageClosed()
      try {
        const result = await attempt()
        patience.answered()
        return result
      } catch (error) {
        if (!isWorthWaiting(error) || !patience.mayTryAgain()) throw storageFailure(error, this.place)
      }
      const pauseMs = Math.min(20 * 2 ** tried, longestPauseMs) * (0.5 + Math.random() / 2)
      await delay(pauseMs, undefined, { signal: this.#closing.signal }).catch(() => {})
    }
  }
}

interface Setting {
  readonly name: string
}

const readDurability = `
  select name from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off'`

const isStarting = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === '57P03'
