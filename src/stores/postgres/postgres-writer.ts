import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { Kysely } from 'kysely'
import type { PoolClient } from 'pg'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { Tables } from '../sql/schema.ts'
import type { WriteJob } from '../sql/sql-backend.ts'
import { migrationLock, turnLock } from './advisory-locks.ts'
import type { PostgresConnections } from './postgres-connections.ts'
import { PostgresDialect } from './postgres-dialect.ts'
import { failureKind } from './postgres-failure.ts'
import type { PostgresSettings } from './postgres-options.ts'

/** A write of a connection; the row of that connection in `last_write` tells the last that was committed. */
interface Write {
  readonly writer: string
  readonly number: number
}

/** A connection with what it needs to write. */
interface Lane {
  readonly database: Kysely<Tables>
  readonly writer: string
  writes: number
}

interface Attempt {
  readonly results: unknown[]
  /** Set when the connection broke during the commit. */
  readonly lost: Write | null
}

const longestPauseMs = 50

/**
 * Runs jobs in transactions that hold the lock of their turn. Where the connection breaks during the commit,
 * the database is asked whether it came through, so that a job is neither lost nor done twice.
 */
export class PostgresWriter {
  readonly #connections: PostgresConnections
  readonly #settings: PostgresSettings
  readonly #lanes = new WeakMap<PoolClient, Lane>()
  readonly #writers: string[] = []
  #forgetting: Promise<unknown> | undefined

  constructor(connections: PostgresConnections, settings: PostgresSettings) {
    this.#connections = connections
    this.#settings = settings
  }

  /** @throws {PerdureError} what a job throws; `storage_busy`; `storage_failed`. */
  async transact(turn: string, jobs: readonly WriteJob<unknown>[]): Promise<unknown[]> {
    this.#forgetting ??= this.#forget([])
    const startedAt = performance.now()
    for (let tried = 0; ; tried++) {
      try {
        return await this.#connections.whileReachable(() => this.#attemptAndConfirm(turn, jobs))
      } catch (error) {
        const isOver = performance.now() - startedAt > this.#settings.busyTimeoutMs
        // Transactions of two turns that met at common rows, in opposite order.
        const isContention = PerdureError.is(error) && failureKind(error.cause) === 'contention'
        if (isOver || !isContention) throw error
      }
      await delay(Math.random() * Math.min(2 ** tried, longestPauseMs))
    }
  }

  /** One job, while no other process migrates; in the schema, which is made if it is missing. */
  async transactAlone(job: WriteJob<unknown>): Promise<unknown> {
    const { schema } = this.#settings
    const begin = 'begin; set local statement_timeout = 0; set local lock_timeout = 0'
    return this.#connections.whileReachable(() =>
      this.#connections.using((connection) =>
        inTransaction(connection, begin, async () => {
          await connection.query('select pg_advisory_xact_lock($1)', [migrationLock(schema)])
          await prepareSchema(connection, schema)
          const result = await job(this.#laneOf(connection).database)
          await commit(connection)
          return result
        }),
      ),
    )
  }

  /** Once nothing is written any more: takes back what only its own connections could ask for. */
  async close(): Promise<void> {
    await this.#forgetting
    if (this.#writers.length > 0) await this.#forget(this.#writers)
  }

  /** And those of processes that ended without a word; an answer is asked for within minutes, if at all. */
  async #forget(writers: readonly string[]): Promise<void> {
    const sql = `delete from last_write where writer = any($1) or written_at < now() - interval '1 day'`
    // Whatever stays is small, and the next one forgets it.
    await this.#connections.execute(sql, [writers]).catch(() => {})
  }

  async #attemptAndConfirm(turn: string, jobs: readonly WriteJob<unknown>[]): Promise<unknown[]> {
    for (;;) {
      const { results, lost } = await this.#connections.using((connection) => this.#attempt(connection, turn, jobs))
      if (lost === null || (await this.#isCommitted(lost))) return results
    }
  }

  #attempt(connection: PoolClient, turn: string, jobs: readonly WriteJob<unknown>[]): Promise<Attempt> {
    const lane = this.#laneOf(connection)
    const write = { writer: lane.writer, number: ++lane.writes }
    // One message, so that it costs one way to the server and back; it therefore takes no parameters.
    const begin = `begin; select pg_advisory_xact_lock(${turnLock(this.#settings.schema, turn)}); ${noteWrite(write)}`
    return inTransaction(connection, begin, async () => {
      const results: unknown[] = []
      for (const job of jobs) results.push(await job(lane.database))
      try {
        await commit(connection)
      } catch (error) {
        if (failureKind(error) !== 'unreachable') throw error
        return { results, lost: write }
      }
      return { results, lost: null }
    })
  }

  /** Waits for the transaction, if the server is still about it: both write the same row. */
  async #isCommitted({ writer, number }: Write): Promise<boolean> {
    const sql = `insert into last_write (writer, number, written_at) values ($1, 0, now())
      on conflict (writer) do update set written_at = excluded.written_at returning number`
    const { rows } = await this.#connections.execute(sql, [writer])
    return (rows[0] as { number: number }).number === number
  }

  #laneOf(connection: PoolClient): Lane {
    const known = this.#lanes.get(connection)
    if (known) return known
    const dialect = new PostgresDialect({
      execute: (sql, parameters) => connection.query(sql, [...parameters]),
      schema: this.#settings.schema,
    })
    const lane = { database: new Kysely<Tables>({ dialect }), writer: randomUUID(), writes: 0 }
    this.#lanes.set(connection, lane)
    this.#writers.push(lane.writer)
    return lane
  }
}

const noteWrite = ({ writer, number }: Write): string =>
  `insert into last_write (writer, number, written_at) values ('${writer}', ${number}, now())
    on conflict (writer) do update set number = excluded.number, written_at = excluded.written_at`

/**
 * The work commits. Its statements see, each of them, what is committed (`read committed`): after the wait for
 * its turn a job must see what those before it wrote, and not what was when it began to wait.
 */
async function inTransaction<Result>(
  connection: PoolClient,
  begin: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    await connection.query(begin)
    return await work()
  } catch (error) {
    await connection.query('rollback').catch(() => {})
    throw error
  }
}

async function commit(connection: PoolClient): Promise<void> {
  const { command } = await connection.query('commit')
  // A transaction in which a statement failed is rolled back, and the server calls that no error.
  if (command !== 'COMMIT') throw new Error('a statement of the transaction failed, and its job went on')
}

async function prepareSchema(connection: PoolClient, schema: string): Promise<void> {
  const { rows } = await connection.query('select to_regnamespace($1) is not null as exists', [schema])
  // `create schema if not exists` asks for rights that nobody needs where it exists.
  if (!(rows[0] as { exists: boolean }).exists) await connection.query(`create schema "${schema}"`)
  await connection.query(
    `create table if not exists last_write (
      writer text primary key, number bigint not null, written_at timestamptz not null
    )`,
  )
}
