import type { Pool, PoolClient } from 'pg'
import type { RunSchedule } from '../../ports/run-engine.ts'
import { checkSubmission } from '../rules/check-submission.ts'
import { scheduleOf, type ScheduleRow } from '../rules/schedule-row.ts'
import { lastDueTime, nextTime, scheduledRunId } from '../rules/schedule-times.ts'
import type { DbosPlace } from './dbos-place.ts'
import type { DbosRuns } from './dbos-runs.ts'

/** Schedules in a table of their own: so both engines know the same cron, and make up for missed times alike. */
export class DbosSchedules {
  readonly #pool: Pool
  readonly #table: string

  constructor({ pool, schema }: Pick<DbosPlace, 'pool' | 'schema'>) {
    this.#pool = pool
    this.#table = `"${schema}".perdure_schedule`
  }

  async put({ tenant, name, cron, kind, input }: RunSchedule, nextAt: Date): Promise<void> {
    await this.#pool.query(
      `insert into ${this.#table} (tenant, name, cron, kind, input, next_at_ms) values ($1, $2, $3, $4, $5, $6)
       on conflict (tenant, name) do update set cron = $3, kind = $4, input = $5, next_at_ms = $6`,
      [tenant, name, cron, kind, JSON.stringify(input), nextAt.getTime()],
    )
  }

  async remove(tenant: string, name: string): Promise<void> {
    await this.#pool.query(`delete from ${this.#table} where tenant = $1 and name = $2`, [tenant, name])
  }

  async list(tenant: string | undefined): Promise<RunSchedule[]> {
    const { rows } = await this.#pool.query<ScheduleRow>(
      `select tenant, name, cron, kind, input from ${this.#table} where $1::text is null or tenant = $1 order by tenant, name`,
      [tenant ?? null],
    )
    return rows.map(scheduleOf)
  }

  /** Submits what is due, and sets the next times: both or neither, and only one node at a time, by the clock of the server. */
  async fire(runs: DbosRuns): Promise<void> {
    const { rows } = await this.#pool.query(`select 1 from ${this.#table} where next_at_ms <= ${serverMs} limit 1`)
    if (rows.length === 0) return
    const connection = await this.#pool.connect()
    let isBroken = true
    try {
      await connection.query('begin')
      await this.#fireWithin(connection, runs)
      await connection.query('commit')
      isBroken = false
    } finally {
      // A transaction that did not get to its end ends with its connection.
      connection.release(isBroken)
    }
  }

  async #fireWithin(connection: PoolClient, runs: DbosRuns): Promise<void> {
    const { rows } = await connection.query<DueRow>(
      `select *, ${serverMs} as now_ms from ${this.#table} where next_at_ms <= ${serverMs} for update skip locked`,
    )
    for (const row of rows) {
      const { cron, tenant, kind, input } = scheduleOf(row)
      const due = new Date(Number(row.next_at_ms))
      const time = lastDueTime(cron, { due, now: new Date(Number(row.now_ms)) })
      await runs.add(checkSubmission(kind, input, { id: scheduledRunId(row, time), tenant }), connection)
      await connection.query(`update ${this.#table} set next_at_ms = $1 where tenant = $2 and name = $3`, [
        nextTime(cron, time)?.getTime() ?? null,
        tenant,
        row.name,
      ])
    }
  }
}

const serverMs = '(extract(epoch from clock_timestamp()) * 1000)::bigint'

/** A bigint comes as text. */
type DueRow = ScheduleRow & { readonly next_at_ms: string; readonly now_ms: string }
