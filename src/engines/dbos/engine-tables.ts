import { setTimeout as delay } from 'node:timers/promises'
import type { PoolClient } from 'pg'
import { PerdureError } from '../../errors/perdure-error.ts'
import { migrateDbos } from './brief-start.ts'
import type { DbosPlace } from './dbos-place.ts'

const version = 1
const askEveryMs = 200

/** Beside the tables of DBOS, in the same schema. */
const statements = (schema: string): string[] => [
  `create table if not exists "${schema}".perdure_node (
    id text primary key,
    protocol text not null,
    backend_id integer not null,
    beat_at timestamptz not null default now()
  )`,
  `create table if not exists "${schema}".perdure_schedule (
    tenant text not null,
    name text not null,
    cron text not null,
    kind text not null,
    input text not null,
    next_at_ms bigint,
    primary key (tenant, name)
  )`,
  `create table if not exists "${schema}".perdure_version (version integer not null)`,
  `insert into "${schema}".perdure_version select ${version} where not exists (select 1 from "${schema}".perdure_version)`,
]

/** Makes or brings up the schema. @throws {PerdureError} `storage_schema_too_new`; what the server says. */
export async function createEngineTables(place: DbosPlace): Promise<void> {
  const { schema, pool } = place
  if (await isMade(place)) return
  const connection = await pool.connect()
  try {
    // Of processes that start at the same time, one makes the tables. The others ask again and again: DBOS makes indexes
    // concurrently, and that waits for every statement that is under way, so also for one that waited for this lock.
    while (!(await tryLock(connection, schema))) await delay(askEveryMs)
    if (await isMade(place)) return
    await migrateDbos(place)
    for (const statement of statements(schema)) await connection.query(statement)
  } finally {
    // Closed, so that the lock falls whatever happened.
    connection.release(true)
  }
}

async function tryLock(connection: PoolClient, schema: string): Promise<boolean> {
  const { rows } = await connection.query<{ taken: boolean }>(
    'select pg_try_advisory_lock(hashtextextended($1, 1)) as taken',
    [`perdure engine ${schema}`],
  )
  return rows[0]!.taken
}

async function isMade({ pool, schema }: DbosPlace): Promise<boolean> {
  const table = `"${schema}".perdure_version`
  const { rows } = await pool.query<{ name: string | null }>('select to_regclass($1)::text as name', [table])
  if (rows[0]?.name == null) return false
  const found = (await pool.query<{ version: number }>(`select version from ${table}`)).rows[0]?.version ?? 0
  if (found <= version) return found === version
  throw new PerdureError(
    'storage_schema_too_new',
    `The engine’s schema is of version ${found}, this Perdure knows ${version}.`,
  )
}
