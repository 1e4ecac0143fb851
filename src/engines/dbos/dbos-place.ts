import type { Client, Pool } from 'pg'
import type { loadDbos } from './load-dbos.ts'

/**
 * What decides which nodes understand each other. Nodes take over only what nodes of their own version had begun, so it
 * changes only when a run could not be gone on with, and then runs of the old version need a node of the old version.
 */
export const protocolVersion = 'perdure-1'

export const applicationName = 'perdure'
export const queueName = 'runs'
export const workflowName = 'run'

/** The most connections of one process: these, and one more that holds the lock of a node. */
const poolSize = 8

/** The lock of a node is asked for nothing that takes long: without an answer, the connection is none. */
const answerMs = 10_000

/** A schema of a PostgreSQL, and the connections of this process to it. */
export interface DbosPlace {
  readonly url: string
  readonly schema: string
  readonly sdk: Awaited<ReturnType<typeof loadDbos>>['sdk']
  readonly pool: Pool
  /** A connection beside the pool, not yet connected. */
  readonly newClient: () => Client
}

export function dbosPlace(
  { url, schema }: Pick<DbosPlace, 'url' | 'schema'>,
  { sdk, pg }: Awaited<ReturnType<typeof loadDbos>>,
): DbosPlace {
  const settings = { connectionString: url, application_name: 'perdure engine', keepAlive: true }
  const quick = {
    ...settings,
    connectionTimeoutMillis: 10_000,
    idle_in_transaction_session_timeout: 60_000,
  }
  // A connection that breaks says so by an event at any time; one that nobody listens to would end the process.
  class QuietClient extends pg.Client {
    constructor(config?: ConstructorParameters<typeof pg.Client>[0]) {
      super(config)
      this.on('error', () => {})
    }
  }
  const pool = new pg.Pool({ ...quick, max: poolSize, allowExitOnIdle: true, Client: QuietClient })
  pool.on('error', () => {})
  return { url, schema, sdk, pool, newClient: () => new QuietClient({ ...quick, query_timeout: answerMs }) }
}

/** The library’s own words about contention and outages; what matters of them, we notice by ourselves. */
export const silentLogger = { info: () => {}, debug: () => {}, warn: () => {}, error: () => {} }
