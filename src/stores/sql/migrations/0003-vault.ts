import type { Kysely } from 'kysely'
import type { Tables } from '../schema.ts'

const workspaceKey = ['organization_id', 'workspace_id'] as const

/** The secrets of the vault, sealed. */
export async function up(database: Kysely<Tables>): Promise<void> {
  await database.schema
    .createTable('sealed_secret')
    .addColumn('organization_id', 'text', (column) => column.notNull())
    .addColumn('workspace_id', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('sealed', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('sealed_secret_key', [...workspaceKey, 'name'])
    .execute()
}
