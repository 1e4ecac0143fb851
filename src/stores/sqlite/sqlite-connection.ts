import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { isBusy, storageBusy, storageFailure } from './sqlite-failure.ts'

export interface SqliteConnectionOptions {
  readonly file: string
  /** How long a statement may wait for other processes before it fails with `storage_busy`. */
  readonly busyTimeoutMs: number
  readonly readOnly?: boolean
}

export interface StatementResult {
  readonly rows: unknown[]
  readonly changes: number
}

const cachedStatements = 256
const longestPauseMs = 20

/**
 * One connection of `node:sqlite`, with its prepared statements. SQLite itself never waits for a lock
 * here, because it would block the event loop: what finds the database locked is tried again later.
 */
export class SqliteConnection {
  readonly file: string
  readonly #database: DatabaseSync
  readonly #busyTimeoutMs: number
  readonly #statements = new Map<string, { statement: StatementSync; returnsRows: boolean }>()

  private constructor(database: DatabaseSync, options: SqliteConnectionOptions) {
    this.#database = database
    this.#busyTimeoutMs = options.busyTimeoutMs
    this.file = options.file
  }

  /** @throws {PerdureError} `storage_failed` for what is no database; `storage_busy`. */
  static async open(options: SqliteConnectionOptions): Promise<SqliteConnection> {
    const connection = new SqliteConnection(openDatabase(options.file), options)
    try {
      await connection.execute('pragma journal_mode = wal')
      // A commit is on the disk before it is acknowledged, so it outlives a loss of power.
      await connection.execute('pragma synchronous = full')
      // macOS: fsync alone leaves the data in the drive's cache. Elsewhere without effect.
      await connection.execute('pragma fullfsync = on')
      await connection.execute('pragma foreign_keys = on')
      if (options.readOnly) await connection.execute('pragma query_only = on')
      return connection
    } catch (error) {
      connection.close()
      throw error
    }
  }

  /** True between `begin` and its `commit` or `rollback`. */
  get inTransaction(): boolean {
    return this.#database.isTransaction
  }

  /** @throws {PerdureError} `storage_busy` when the wait for other processes was too long; `storage_failed`. */
  async execute(sql: string, parameters: readonly unknown[] = []): Promise<StatementResult> {
    const startedAt = performance.now()
    for (let attempt = 0; ; attempt++) {
      try {
        return this.executeNow(sql, parameters)
      } catch (error) {
        if (!isBusy(error)) throw storageFailure(error, this.file)
        const waitedMs = performance.now() - startedAt
        if (waitedMs > this.#busyTimeoutMs) throw storageBusy(this.file, waitedMs)
      }
      await delay(1 + Math.random() * Math.min(2 ** attempt, longestPauseMs))
    }
  }

  /** One attempt. @throws what SQLite throws. */
  executeNow(sql: string, parameters: readonly unknown[] = []): StatementResult {
    const { statement, returnsRows } = this.#prepare(sql)
    const values = parameters as SQLInputValue[]
    if (returnsRows) return { rows: statement.all(...values), changes: 0 }
    return { rows: [], changes: Number(statement.run(...values).changes) }
  }

  close(): void {
    this.#statements.clear()
    if (this.#database.isOpen) this.#database.close()
  }

  #prepare(sql: string) {
    const known = this.#statements.get(sql)
    if (known) return known
    const statement = this.#database.prepare(sql)
    const prepared = { statement, returnsRows: statement.columns().length > 0 }
    if (this.#statements.size >= cachedStatements) this.#statements.delete(this.#statements.keys().next().value!)
    this.#statements.set(sql, prepared)
    return prepared
  }
}

function openDatabase(file: string): DatabaseSync {
  try {
    return new DatabaseSync(file, { timeout: 0 })
  } catch (error) {
    throw storageFailure(error, file)
  }
}
