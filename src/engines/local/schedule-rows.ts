import type { RunSchedule } from '../../ports/run-engine.ts'
import { scheduleOf, type ScheduleRow } from '../rules/schedule-row.ts'
import type { EngineDatabase } from './engine-database.ts'

/** Schedules in SQLite, each with its next time. */
export class ScheduleRows {
  readonly #database: EngineDatabase

  constructor(database: EngineDatabase) {
    this.#database = database
  }

  async put({ tenant, name, cron, kind, input }: RunSchedule, nextAt: Date): Promise<void> {
    await this.#database.execute(
      `insert into schedule (tenant, name, cron, kind, input, next_at_ms) values (?1, ?2, ?3, ?4, ?5, ?6)
       on conflict (tenant, name) do update set cron = ?3, kind = ?4, input = ?5, next_at_ms = ?6`,
      [tenant, name, cron, kind, JSON.stringify(input), nextAt.getTime()],
    )
  }

  async remove(tenant: string, name: string): Promise<void> {
    await this.#database.execute('delete from schedule where tenant = ? and name = ?', [tenant, name])
  }

  async list(tenant: string | undefined): Promise<RunSchedule[]> {
    const { rows } = await this.#database.execute(
      'select tenant, name, cron, kind, input from schedule where ?1 is null or tenant = ?1 order by tenant, name',
      [tenant ?? null],
    )
    return (rows as ScheduleRow[]).map(scheduleOf)
  }

  async due(nowMs: number): Promise<{ schedule: RunSchedule; at: Date }[]> {
    const { rows } = await this.#database.execute('select * from schedule where next_at_ms <= ?', [nowMs])
    return (rows as DueRow[]).map((row) => ({ schedule: scheduleOf(row), at: new Date(row.next_at_ms) }))
  }

  /** Sets the next time, unless somebody has changed the schedule meanwhile. */
  async moveOn({ tenant, name }: RunSchedule, { from, to }: { from: Date; to: Date | null }): Promise<void> {
    await this.#database.execute(
      'update schedule set next_at_ms = ?1 where tenant = ?2 and name = ?3 and next_at_ms = ?4',
      [to?.getTime() ?? null, tenant, name, from.getTime()],
    )
  }
}

type DueRow = ScheduleRow & { readonly next_at_ms: number }
