import type { Kysely } from 'kysely'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { Tables } from '../sql/schema.ts'
import type { WriteJob } from '../sql/sql-backend.ts'
import type { SqliteConnection } from './sqlite-connection.ts'

interface WaitingJob {
  readonly run: WriteJob<unknown>
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

/** Bounds how long one transaction keeps other processes waiting. */
const jobsPerTransaction = 256

/**
 * Group commit: what waits at the same time goes into one transaction, and is acknowledged once that
 * is durable. When a job of a group throws, the group is rolled back and each of its jobs runs in a
 * transaction of its own, so one refusal costs the others nothing but time.
 */
export class WriteQueue {
  readonly #connection: SqliteConnection
  readonly #database: Kysely<Tables>
  #waiting: WaitingJob[] = []
  #draining: Promise<void> | undefined
  #closed = false

  constructor(connection: SqliteConnection, database: Kysely<Tables>) {
    this.#connection = connection
    this.#database = database
  }

  run<Result>(job: WriteJob<Result>): Promise<Result> {
    if (this.#closed) return Promise.reject(new PerdureError('storage_failed', 'the storage is closed'))
    return new Promise<Result>((resolve, reject) => {
      this.#waiting.push({ run: job, resolve: resolve as (result: unknown) => void, reject })
      this.#draining ??= this.#drain()
    })
  }

  /** Takes no more jobs, and resolves when those that wait are done. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#draining
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      // Until the end of this turn of the event loop, so that what its other callbacks write joins in.
      await new Promise((resolve) => setImmediate(resolve))
      const group = this.#waiting.splice(0, jobsPerTransaction)
      if (await this.#commit(group, group.length > 1 ? 'give-up' : 'reject')) continue
      for (const job of group) await this.#commit([job], 'reject')
    }
    this.#draining = undefined
  }

  /** Resolves to false when a group was rolled back and its jobs still have to run. */
  async #commit(group: readonly WaitingJob[], onFailure: 'give-up' | 'reject'): Promise<boolean> {
    const results: unknown[] = []
    try {
      await this.#connection.execute('begin immediate')
    } catch (error) {
      for (const job of group) job.reject(error)
      return true
    }
    try {
      for (const job of group) results.push(await job.run(this.#database))
      await this.#connection.execute('commit')
    } catch (error) {
      if (this.#connection.inTransaction) await this.#connection.execute('rollback')
      if (onFailure === 'give-up') return false
      for (const job of group) job.reject(error)
      return true
    }
    for (const [index, job] of group.entries()) job.resolve(results[index])
    return true
  }
}
