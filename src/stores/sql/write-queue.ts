import { PerdureError } from '../../errors/perdure-error.ts'
import { storageClosed } from '../outages/storage-closed.ts'
import type { WriteJob } from './sql-backend.ts'

/** Runs the jobs in one transaction and resolves to what each returned, once that is durable. */
export type Transact = (jobs: readonly WriteJob<unknown>[]) => Promise<unknown[]>

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
  readonly #transact: Transact
  readonly #onIdle: () => void
  #waiting: WaitingJob[] = []
  #draining: Promise<void> | undefined
  #closed = false

  constructor(transact: Transact, onIdle: () => void = () => {}) {
    this.#transact = transact
    this.#onIdle = onIdle
  }

  run<Result>(job: WriteJob<Result>): Promise<Result> {
    if (this.#closed) return Promise.reject(storageClosed())
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
      await this.#settle(this.#waiting.splice(0, jobsPerTransaction))
    }
    this.#draining = undefined
    this.#onIdle()
  }

  async #settle(group: readonly WaitingJob[]): Promise<void> {
    try {
      const results = await this.#transact(group.map(({ run }) => run))
      for (const [index, job] of group.entries()) job.resolve(results[index])
    } catch (error) {
      if (group.length > 1 && !isOfTheDatabase(error)) for (const job of group) await this.#settle([job])
      else for (const job of group) job.reject(error)
    }
  }
}

/** A database that others hold, or that is away, is no job's fault: each would only wait as long again. */
const isOfTheDatabase = (error: unknown): boolean =>
  PerdureError.is(error) && (error.code === 'storage_busy' || error.details['is_unreachable'] === true)
