import type { Expression, Kysely } from 'kysely'
import type { Tables } from './schema.ts'

/** What the shared queries ask of a database: everything in which SQLite and PostgreSQL differ. */
export interface SqlBackend {
  /** Display name and place, without secrets. */
  readonly description: string
  /** For single statements that only read: sees what is committed. */
  readonly reader: Kysely<Tables>
  /** The database's clock in milliseconds since 1970. */
  readonly now: Expression<number>
  /**
   * Runs the job in a transaction and resolves once it is durable. Jobs that wait at the same time may
   * share a transaction, and a job may be run again from its beginning: its only effects are its queries.
   * @throws {PerdureError} what the job throws; `storage_busy`; `storage_failed`.
   */
  write<Result>(job: WriteJob<Result>): Promise<Result>
  /** Calls `committed` soon after another process has written; returns what stops it. */
  watchCommits(committed: () => void): () => void
  /** Waits for the jobs under way, then closes the connections. */
  close(): Promise<void>
}

export type WriteJob<Result> = (transaction: Kysely<Tables>) => Promise<Result>
