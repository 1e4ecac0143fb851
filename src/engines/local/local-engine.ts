import type {
  EngineCapacity,
  EngineRun,
  Json,
  RunEngine,
  RunFilter,
  RunHandlers,
  RunSchedule,
  SubmitOptions,
} from '../../ports/run-engine.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import { checkSchedule } from '../rules/check-schedule.ts'
import { checkCapacity, checkSubmission } from '../rules/check-submission.ts'
import type { EngineDatabase } from './engine-database.ts'
import { createEngineTables } from './engine-tables.ts'
import { LocalNode } from './local-node.ts'
import { OwnerLock } from './owner-lock.ts'
import { RunRows } from './run-rows.ts'
import { ScheduleRows } from './schedule-rows.ts'

export interface LocalEngineOptions {
  readonly database: EngineDatabase
  /** Side file whose lock tells who works on the queue. Nothing else may open it. */
  readonly ownerFile: string
  /** How long runs are remembered after their end; 7 days when left out. */
  readonly retentionMs?: number
}

const sevenDaysMs = 7 * 24 * 60 * 60_000

/**
 * The engine of one machine: a queue in SQLite, worked on by one process. Other processes submit, ask and cancel; those
 * that have started stand by, and one takes over when the owner dies. It cannot be pointed at a second machine.
 */
export class LocalEngine implements RunEngine {
  readonly #options: LocalEngineOptions
  readonly #runs: RunRows
  readonly #schedules: ScheduleRows
  #node: LocalNode | null = null

  private constructor(options: LocalEngineOptions) {
    this.#options = options
    this.#runs = new RunRows(options.database)
    this.#schedules = new ScheduleRows(options.database)
  }

  /** @throws {PerdureError} `storage_failed`, `storage_busy`, `storage_schema_too_new`. */
  static async open(options: LocalEngineOptions): Promise<LocalEngine> {
    await createEngineTables(options.database)
    return new LocalEngine(options)
  }

  async start(handlers: RunHandlers, capacity: EngineCapacity): Promise<void> {
    checkCapacity(capacity)
    if (this.#node !== null) throw new PerdureError('invalid_request', 'This engine has been started already.')
    const { ownerFile, retentionMs = sevenDaysMs } = this.#options
    this.#node = new LocalNode({
      lock: new OwnerLock(ownerFile),
      runs: this.#runs,
      schedules: this.#schedules,
      handlers,
      capacity,
      retentionMs,
    })
  }

  async submit(kind: string, input: Json, options: SubmitOptions): Promise<void> {
    await this.#runs.add(checkSubmission(kind, input, options))
    this.#node?.wake()
  }

  async cancel(id: string): Promise<void> {
    await this.#runs.cancel(id)
    this.#node?.wake()
  }

  status(id: string): Promise<EngineRun | null> {
    return this.#runs.get(id)
  }

  runs(filter: RunFilter = {}): Promise<EngineRun[]> {
    return this.#runs.list(filter)
  }

  async schedule(schedule: RunSchedule): Promise<void> {
    await this.#schedules.put(schedule, checkSchedule(schedule))
    this.#node?.wake()
  }

  async unschedule(tenant: string, name: string): Promise<void> {
    await this.#schedules.remove(tenant, name)
  }

  schedules(tenant?: string): Promise<RunSchedule[]> {
    return this.#schedules.list(tenant)
  }

  active(): Promise<{ tenant: string; count: number }[]> {
    return this.#runs.active()
  }

  async stop(options: { drainMs: number }): Promise<void> {
    await this.#node?.stop(options)
    this.#node = null
    this.#options.database.close()
  }
}
