import { maxAttempts, type EngineRun, type Json, type RunFilter } from '../../ports/run-engine.ts'
import type { Submission } from '../rules/check-submission.ts'
import type { RunEnd } from '../rules/perform-run.ts'
import type { EngineDatabase } from './engine-database.ts'

/** A run that this process has begun. */
export interface TakenRun {
  readonly id: string
  readonly tenant: string
  readonly kind: string
  readonly input: Json
  readonly attempt: number
}

/** The queue in SQLite. Every change is one statement, so that no process sees or leaves half of it. */
export class RunRows {
  readonly #database: EngineDatabase

  constructor(database: EngineDatabase) {
    this.#database = database
  }

  async add({ id, tenant, kind, input, priority, startAtMs }: Submission): Promise<void> {
    await this.#database.execute(
      `insert into run (id, tenant, kind, input, priority, start_at_ms, status, submitted_at_ms)
       values (?, ?, ?, ?, ?, ?, 'queued', ?) on conflict (id) do nothing`,
      [id, tenant, kind, input, priority, startAtMs, Date.now()],
    )
  }

  /** Begins the first that may begin, if any. */
  async take({ nowMs, heldTenants }: { nowMs: number; heldTenants: readonly string[] }): Promise<TakenRun | null> {
    const { rows } = await this.#database.execute(
      `update run set status = 'running', attempt = attempt + 1, started_at_ms = ?1 where sequence = (
         select sequence from run where status = 'queued' and start_at_ms <= ?1
         and tenant not in (select value from json_each(?2)) order by priority, sequence limit 1)
       returning id, tenant, kind, input, attempt`,
      [nowMs, JSON.stringify(heldTenants)],
    )
    const row = rows[0] as (TakenRun & { input: string }) | undefined
    return row === undefined ? null : { ...row, input: JSON.parse(row.input) as Json }
  }

  /** Writes down how a run ended, or puts it back into the queue. */
  async end({ id, attempt }: TakenRun, end: RunEnd): Promise<void> {
    const status = end.status === 'given_back' ? 'queued' : end.status
    await this.#database.execute(
      `update run set
         status = case when ?1 = 'queued' and is_cancel_wanted = 1 then 'cancelled' else ?1 end,
         ended_at_ms = case when ?1 = 'queued' and is_cancel_wanted = 0 then null else ?2 end, output = ?3, error = ?4
       where id = ?5 and attempt = ?6 and status = 'running'`,
      [
        status,
        Date.now(),
        end.status === 'completed' ? JSON.stringify(end.output) : null,
        end.status === 'failed' ? JSON.stringify(end.error) : null,
        id,
        attempt,
      ],
    )
  }

  /** What an owner that died had begun goes back into the queue. Only for the new owner. */
  async giveBackAll(): Promise<void> {
    const error = { code: 'agent_exited', message: `Its worker died ${maxAttempts} times.` }
    await this.#database.execute(
      `update run set
         status = case when is_cancel_wanted = 1 then 'cancelled' when attempt >= ?1 then 'failed' else 'queued' end,
         error = case when is_cancel_wanted = 0 and attempt >= ?1 then ?2 end,
         ended_at_ms = case when is_cancel_wanted = 1 or attempt >= ?1 then ?3 end
       where status = 'running'`,
      [maxAttempts, JSON.stringify(error), Date.now()],
    )
  }

  async cancel(id: string): Promise<void> {
    await this.#database.execute(
      `update run set is_cancel_wanted = 1, ended_at_ms = case when status = 'queued' then ?1 end,
         status = case when status = 'queued' then 'cancelled' else status end
       where id = ?2 and status in ('queued', 'running')`,
      [Date.now(), id],
    )
  }

  /** Running ones whose end somebody wants. */
  async unwanted(): Promise<string[]> {
    const { rows } = await this.#database.execute(
      `select id from run where status = 'running' and is_cancel_wanted = 1`,
    )
    return (rows as { id: string }[]).map(({ id }) => id)
  }

  async get(id: string): Promise<EngineRun | null> {
    const { rows } = await this.#database.execute('select * from run where id = ?', [id])
    return rows.length === 0 ? null : engineRunOf(rows[0] as RunRow)
  }

  async list({ tenant, status, limit = 100 }: RunFilter): Promise<EngineRun[]> {
    const { rows } = await this.#database.execute(
      `select * from run where (?1 is null or tenant = ?1) and (?2 is null or status = ?2)
       order by sequence desc limit ?3`,
      [tenant ?? null, status ?? null, limit],
    )
    return (rows as RunRow[]).map(engineRunOf)
  }

  async active(): Promise<{ tenant: string; count: number }[]> {
    const { rows } = await this.#database.execute(
      `select tenant, count(*) as count from run where status = 'running' group by tenant order by tenant`,
    )
    return (rows as { tenant: string; count: number }[]).map(({ tenant, count }) => ({ tenant, count }))
  }

  /** What has begun since then, oldest first. */
  async startedSince(ms: number): Promise<{ tenant: string; atMs: number }[]> {
    const { rows } = await this.#database.execute(
      'select tenant, started_at_ms as atMs from run where started_at_ms > ? order by started_at_ms',
      [ms],
    )
    return rows as { tenant: string; atMs: number }[]
  }

  async removeEndedBefore(ms: number): Promise<void> {
    await this.#database.execute('delete from run where ended_at_ms < ?', [ms])
  }
}

interface RunRow {
  readonly id: string
  readonly tenant: string
  readonly kind: string
  readonly input: string
  readonly status: EngineRun['status']
  readonly attempt: number
  readonly submitted_at_ms: number
  readonly ended_at_ms: number | null
  readonly output: string | null
  readonly error: string | null
}

function engineRunOf({ id, tenant, kind, status, attempt, ...row }: RunRow): EngineRun {
  return {
    id,
    tenant,
    kind,
    input: JSON.parse(row.input) as Json,
    status,
    attempt,
    submittedAt: new Date(row.submitted_at_ms),
    endedAt: row.ended_at_ms === null ? null : new Date(row.ended_at_ms),
    ...(row.output === null ? {} : { output: JSON.parse(row.output) as Json }),
    ...(row.error === null ? {} : { error: JSON.parse(row.error) as { code: string; message: string } }),
  }
}
