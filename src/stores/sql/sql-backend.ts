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
   *
   * `turn` names what the job works on: a session, the ledger of an organization. Jobs of one turn run one
   * after another, over all processes. Those of different turns may run side by side, and see what others
   * have committed from statement to statement: what a job only reads of another turn may be old when it
   * writes, unless it locks the row by an update.
   * @throws {PerdureError} what the job throws; `storage_busy`; `storage_failed`.
   */
  write<Result>(turn: string, job: WriteJob<Result>): Promise<Result>
  /** The same, while nobody else's such job runs, in any process: for changes of the tables themselves. */
  writeAlone<Result>(job: WriteJob<Result>): Promise<Result>
  /** Lets other processes know, soon, that the log of this topic has changed. Call it after the commit. */
  announce(topic: string): void
  /**
   * Calls `committed` soon after another process has written: with a topic when only that log has changed,
   * without one when any may have. Returns what stops it.
   */
  watchCommits(committed: (topic?: string) => void): () => void
  /** Waits for the jobs under way, then closes the connections. */
  close(): Promise<void>
}

export type WriteJob<Result> = (transaction: Kysely<Tables>) => Promise<Result>
