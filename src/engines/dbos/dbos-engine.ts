import type { DBOSClient } from '@dbos-inc/dbos-sdk'
import { PerdureError } from '../../errors/perdure-error.ts'
import { postgresUrl } from '../../ports/postgres-url.ts'
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
import { checkSchedule } from '../rules/check-schedule.ts'
import { checkCapacity, checkSubmission } from '../rules/check-submission.ts'
import { DbosNode } from './dbos-node.ts'
import { applicationName, dbosPlace, silentLogger, type DbosPlace } from './dbos-place.ts'
import { DbosRuns } from './dbos-runs.ts'
import { DbosSchedules } from './dbos-schedules.ts'
import { createEngineTables } from './engine-tables.ts'
import { loadDbos } from './load-dbos.ts'

export interface DbosEngineOptions {
  /** `postgres://user:password@host:5432/database` */
  readonly url: string
  /** The schema of the engine’s tables, made when it is missing. Default: `perdure_engine`. */
  readonly schema?: string
  /** How long runs are remembered after their end; 7 days when left out. */
  readonly retentionMs?: number
}

const sevenDaysMs = 7 * 24 * 60 * 60_000

/** The engine of a fleet: DBOS Transact on PostgreSQL. What is the same for all processes stands in the database. */
export class DbosEngine implements RunEngine {
  readonly #options: DbosEngineOptions
  readonly #place: DbosPlace
  readonly #client: DBOSClient
  readonly #runs: DbosRuns
  readonly #schedules: DbosSchedules
  #node: DbosNode | null = null

  private constructor(options: DbosEngineOptions, opened: { place: DbosPlace; client: DBOSClient }) {
    this.#options = options
    this.#place = opened.place
    this.#client = opened.client
    this.#runs = new DbosRuns(opened.client)
    this.#schedules = new DbosSchedules(opened.place)
  }

  /** @throws {PerdureError} `storage_failed`, `storage_schema_too_new`, `configuration_invalid`. */
  static async open(options: DbosEngineOptions): Promise<DbosEngine> {
    const { url, schema = 'perdure_engine' } = options
    if (!/^[a-z_][a-z0-9_]{0,47}$/.test(schema)) {
      throw new PerdureError('configuration_invalid', `"${schema}" is no name for a schema`)
    }
    postgresUrl(url)
    const place = dbosPlace({ url, schema }, await loadDbos())
    try {
      await createEngineTables(place)
      const client = await place.sdk.DBOSClient.create({
        systemDatabaseUrl: url,
        systemDatabaseSchemaName: schema,
        systemDatabasePool: place.pool,
        applicationName,
        logger: silentLogger,
      })
      return new DbosEngine(options, { place, client })
    } catch (error) {
      await place.pool.end()
      throw PerdureError.from(error, 'storage_failed')
    }
  }

  async start(handlers: RunHandlers, capacity: EngineCapacity): Promise<void> {
    checkCapacity(capacity)
    if (this.#node !== null || this.#place.sdk.DBOS.isInitialized()) {
      throw new PerdureError('invalid_request', 'This process works for an engine already, or for a DBOS of its own.', {
        hint: 'DBOS stands once in a process: start workers in processes of their own.',
      })
    }
    const { retentionMs = sevenDaysMs } = this.#options
    const shared = { place: this.#place, runs: this.#runs, schedules: this.#schedules }
    const node = new DbosNode({ ...shared, handlers, capacity, retentionMs })
    await asFailure(node.join())
    this.#node = node
  }

  submit(kind: string, input: Json, options: SubmitOptions): Promise<void> {
    return asFailure(async () => this.#runs.add(checkSubmission(kind, input, options)))
  }

  cancel(id: string): Promise<void> {
    return asFailure(this.#runs.cancel(id))
  }

  status(id: string): Promise<EngineRun | null> {
    return asFailure(this.#runs.get(id))
  }

  runs(filter: RunFilter = {}): Promise<EngineRun[]> {
    return asFailure(this.#runs.list(filter))
  }

  schedule(schedule: RunSchedule): Promise<void> {
    return asFailure(async () => this.#schedules.put(schedule, checkSchedule(schedule)))
  }

  unschedule(tenant: string, name: string): Promise<void> {
    return asFailure(this.#schedules.remove(tenant, name))
  }

  schedules(tenant?: string): Promise<RunSchedule[]> {
    return asFailure(this.#schedules.list(tenant))
  }

  active(): Promise<{ tenant: string; count: number }[]> {
    return asFailure(this.#runs.active())
  }

  async stop(options: { drainMs: number }): Promise<void> {
    await this.#node?.stop(options)
    this.#node = null
    await this.#client.destroy()
    await this.#place.pool.end()
  }
}

/** What the server or the library says, in Perdure’s terms. */
async function asFailure<Result>(work: Promise<Result> | (() => Promise<Result>)): Promise<Result> {
  try {
    return await (typeof work === 'function' ? work() : work)
  } catch (error) {
    throw PerdureError.from(error, 'storage_failed')
  }
}
