import { PerdureError } from '../../errors/perdure-error.ts'
import type { EngineDatabase } from './engine-database.ts'

const version = 1

const statements = [
  `create table if not exists run (
    sequence integer primary key,
    id text not null unique,
    tenant text not null,
    kind text not null,
    input text not null,
    priority integer not null,
    start_at_ms integer not null,
    status text not null check (status in ('queued', 'running', 'completed', 'failed', 'cancelled')),
    attempt integer not null default 0,
    is_cancel_wanted integer not null default 0,
    submitted_at_ms integer not null,
    started_at_ms integer,
    ended_at_ms integer,
    output text,
    error text
  ) strict`,
  `create index if not exists run_next on run (status, priority, sequence)`,
  `create index if not exists run_of_tenant on run (tenant, sequence)`,
  `create index if not exists run_ended on run (ended_at_ms) where ended_at_ms is not null`,
  `create table if not exists schedule (
    tenant text not null,
    name text not null,
    cron text not null,
    kind text not null,
    input text not null,
    next_at_ms integer,
    primary key (tenant, name)
  ) strict, without rowid`,
  `pragma user_version = ${version}`,
]

/** @throws {PerdureError} `storage_schema_too_new`, `storage_busy`, `storage_failed`. */
export async function createEngineTables(database: EngineDatabase): Promise<void> {
  const { rows } = await database.execute('pragma user_version')
  const found = (rows[0] as { user_version: number }).user_version
  if (found > version) {
    throw new PerdureError(
      'storage_schema_too_new',
      `The engine’s database is of version ${found}, this Perdure knows ${version}.`,
    )
  }
  if (found === version) return
  for (const statement of statements) await database.execute(statement)
}
