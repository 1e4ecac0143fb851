import type { CreateTableBuilder, Kysely } from 'kysely'
import type { Tables } from '../schema.ts'

const workspaceKey = ['organization_id', 'workspace_id'] as const
const recordKey = [...workspaceKey, 'session_id', 'checkpoint_id'] as const

/** Saved work trees: what each session's checkpoints need, and the packs, in chunks of Base64. */
export async function up(database: Kysely<Tables>): Promise<void> {
  await ofWorkspace(database.schema.createTable('checkpoint_pack'))
    .addColumn('pack_name', 'text', (column) => column.notNull())
    .addColumn('byte_count', 'bigint', (column) => column.notNull())
    .addColumn('put_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('checkpoint_pack_key', [...workspaceKey, 'pack_name'])
    .execute()
  await ofWorkspace(database.schema.createTable('checkpoint_chunk'))
    .addColumn('pack_name', 'text', (column) => column.notNull())
    .addColumn('position', 'integer', (column) => column.notNull())
    .addColumn('content', 'text', (column) => column.notNull())
    .addColumn('put_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('checkpoint_chunk_key', [...workspaceKey, 'pack_name', 'position'])
    .execute()
  await ofRecord(database.schema.createTable('checkpoint'))
    .addColumn('position', 'bigint', (column) => column.notNull())
    .addColumn('parent_checkpoint_id', 'text')
    .addColumn('created_at', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('checkpoint_key', [...recordKey])
    .execute()
  await ofRecord(database.schema.createTable('checkpoint_need'))
    .addColumn('position', 'integer', (column) => column.notNull())
    .addColumn('pack_name', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('checkpoint_need_key', [...recordKey, 'position'])
    .addForeignKeyConstraint('checkpoint_need_checkpoint', [...recordKey], 'checkpoint', [...recordKey], (key) =>
      key.onDelete('cascade'),
    )
    // A pack that a checkpoint needs cannot be removed.
    .addForeignKeyConstraint('checkpoint_need_pack', [...workspaceKey, 'pack_name'], 'checkpoint_pack', [
      ...workspaceKey,
      'pack_name',
    ])
    .execute()
  await database.schema
    .createIndex('checkpoint_need_by_pack')
    .on('checkpoint_need')
    .columns([...workspaceKey, 'pack_name'])
    .execute()
}

const ofWorkspace = <Name extends string>(table: CreateTableBuilder<Name>) =>
  table
    .addColumn('organization_id', 'text', (column) => column.notNull())
    .addColumn('workspace_id', 'text', (column) => column.notNull())

const ofRecord = <Name extends string>(table: CreateTableBuilder<Name>) =>
  ofWorkspace(table)
    .addColumn('session_id', 'text', (column) => column.notNull())
    .addColumn('checkpoint_id', 'text', (column) => column.notNull())
