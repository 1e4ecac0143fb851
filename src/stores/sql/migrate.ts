import type { Kysely } from 'kysely'
import { PerdureError } from '../../errors/perdure-error.ts'
import { up as sessions } from './migrations/0001-sessions.ts'
import { up as ledger } from './migrations/0002-ledger.ts'
import { up as vault } from './migrations/0003-vault.ts'
import { up as checkpoints } from './migrations/0004-checkpoints.ts'
import { up as transcriptSummary } from './migrations/0005-transcript-summary.ts'
import { up as sessionTransit } from './migrations/0006-session-transit.ts'
import type { Tables } from './schema.ts'
import type { SqlBackend } from './sql-backend.ts'

export interface Migration {
  readonly name: string
  readonly up: (database: Kysely<Tables>) => Promise<void>
}

/** In order, numbered from 1; a migration that has been released is never changed. */
export const migrations: readonly Migration[] = [
  { name: 'sessions', up: sessions },
  { name: 'ledger', up: ledger },
  { name: 'vault', up: vault },
  { name: 'checkpoints', up: checkpoints },
  { name: 'transcript-summary', up: transcriptSummary },
  { name: 'session-transit', up: sessionTransit },
]

/**
 * Brings the tables to this version's schema, forward only. Of several processes that open a new database at once, one migrates and the others find it done.
 * @throws {PerdureError} `storage_schema_too_new` when a newer version has written here.
 */
export async function migrate(backend: SqlBackend, known: readonly Migration[] = migrations): Promise<void> {
  if (isCurrent(await appliedNumber(backend.reader), known)) return
  await backend.writeAlone(async (transaction) => {
    const applied = await appliedNumber(transaction)
    if (isCurrent(applied, known)) return
    if (applied === 0) await createMigrationTable(transaction)
    for (const [index, migration] of known.entries()) {
      if (index < applied) continue
      await migration.up(transaction)
      const row = { number: index + 1, name: migration.name, applied_at: backend.now }
      await transaction.insertInto('migration').values(row).execute()
    }
  })
}

function isCurrent(applied: number, known: readonly Migration[]): boolean {
  if (applied > known.length) {
    throw new PerdureError(
      'storage_schema_too_new',
      `the database has schema ${applied}, this version of Perdure knows up to ${known.length}`,
      {
        hint: 'Upgrade Perdure, or use another database or schema: a newer version has written here.',
        details: { found: applied, known: known.length },
      },
    )
  }
  return applied === known.length
}

async function appliedNumber(database: Kysely<Tables>): Promise<number> {
  const tables = await database.introspection.getTables()
  if (!tables.some((table) => table.name === 'migration')) return 0
  const row = await database
    .selectFrom('migration')
    .select((eb) => eb.fn.max('number').as('number'))
    .executeTakeFirst()
  return row?.number ?? 0
}

const createMigrationTable = (database: Kysely<Tables>) =>
  database.schema
    .createTable('migration')
    .addColumn('number', 'integer', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('applied_at', 'bigint', (column) => column.notNull())
    .execute()
