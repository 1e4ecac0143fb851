import { sql, type CreateTableBuilder, type Kysely } from 'kysely'
import type { Tables } from '../schema.ts'

const workspaceKey = ['organization_id', 'workspace_id'] as const
const sessionKey = [...workspaceKey, 'session_id'] as const

/** Sessions with their events, inbox, transcripts and leases. */
export async function up(database: Kysely<Tables>): Promise<void> {
  await createSessions(database)
  await createEvents(database)
  await createInbox(database)
  await createTranscripts(database)
}

async function createSessions(database: Kysely<Tables>): Promise<void> {
  await ofSession(database.schema.createTable('session'))
    .addColumn('title', 'text')
    .addColumn('tags', 'text', (column) => column.notNull())
    .addColumn('metadata', 'text', (column) => column.notNull())
    .addColumn('working_directory', 'text', (column) => column.notNull())
    .addColumn('model', 'text')
    .addColumn('parent_session_id', 'text')
    .addColumn('parent_sequence', 'bigint')
    .addColumn('ttl_ms', 'bigint')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint')
    .addColumn('agent_session_id', 'text')
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('log_id', 'text', (column) => column.notNull())
    .addColumn('head_sequence', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('fence', 'bigint', (column) => column.notNull())
    .addColumn('lease_owner', 'text')
    .addColumn('lease_expires_at', 'bigint')
    .addPrimaryKeyConstraint('session_key', [...sessionKey])
    .execute()
  const index = (name: string) => database.schema.createIndex(name).on('session')
  await index('session_by_creation')
    .columns([...workspaceKey, 'created_at'])
    .execute()
  await index('session_by_parent')
    .columns([...workspaceKey, 'parent_session_id'])
    .execute()
  await index('session_by_expiry')
    .columns([...workspaceKey, 'expires_at'])
    .where(sql.ref('expires_at'), 'is not', null)
    .execute()

  await ofSession(database.schema.createTable('session_tag'))
    .addColumn('tag', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('session_tag_key', [...sessionKey, 'tag'])
    .addForeignKeyConstraint('session_tag_session', [...sessionKey], 'session', [...sessionKey], (key) =>
      key.onDelete('cascade'),
    )
    .execute()
  await database.schema
    .createIndex('session_by_tag')
    .on('session_tag')
    .columns([...workspaceKey, 'tag', 'session_id'])
    .execute()

  await ofSession(database.schema.createTable('deleted_session'))
    .addColumn('fence', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('deleted_session_key', [...sessionKey])
    .execute()
}

async function createEvents(database: Kysely<Tables>): Promise<void> {
  await ofSession(database.schema.createTable('event'))
    .addColumn('sequence', 'bigint', (column) => column.notNull())
    .addColumn('event_id', 'text', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('schema_version', 'integer', (column) => column.notNull())
    .addColumn('payload', 'text')
    .addColumn('blob_hash', 'text')
    .addPrimaryKeyConstraint('event_key', [...sessionKey, 'sequence'])
    .addUniqueConstraint('event_id_key', [...sessionKey, 'event_id'])
    .addForeignKeyConstraint('event_session', [...sessionKey], 'session', [...sessionKey], (key) =>
      key.onDelete('cascade'),
    )
    .execute()
  await database.schema
    .createIndex('event_by_blob')
    .on('event')
    .columns([...workspaceKey, 'blob_hash'])
    .where(sql.ref('blob_hash'), 'is not', null)
    .execute()

  await ofWorkspace(database.schema.createTable('blob'))
    .addColumn('hash', 'text', (column) => column.notNull())
    .addColumn('content', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('blob_key', [...workspaceKey, 'hash'])
    .execute()
}

async function createInbox(database: Kysely<Tables>): Promise<void> {
  await ofSession(database.schema.createTable('inbox'))
    .addColumn('event_id', 'text', (column) => column.notNull())
    .addColumn('position', 'bigint', (column) => column.notNull())
    .addColumn('priority', 'text', (column) => column.notNull())
    .addColumn('payload', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('inbox_key', [...sessionKey, 'event_id'])
    .addForeignKeyConstraint('inbox_session', [...sessionKey], 'session', [...sessionKey], (key) =>
      key.onDelete('cascade'),
    )
    .execute()
}

async function createTranscripts(database: Kysely<Tables>): Promise<void> {
  const conversationKey = [...workspaceKey, 'agent_session_id'] as const
  await ofWorkspace(database.schema.createTable('conversation'))
    .addColumn('agent_session_id', 'text', (column) => column.notNull())
    .addColumn('session_id', 'text')
    .addColumn('fence', 'bigint', (column) => column.notNull())
    .addColumn('last_position', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('conversation_key', [...conversationKey])
    .addForeignKeyConstraint('conversation_session', [...sessionKey], 'session', [...sessionKey], (key) =>
      key.onDelete('cascade'),
    )
    .execute()
  await database.schema
    .createIndex('conversation_by_session')
    .on('conversation')
    .columns([...sessionKey])
    .execute()

  await ofWorkspace(database.schema.createTable('transcript_entry'))
    .addColumn('agent_session_id', 'text', (column) => column.notNull())
    .addColumn('subpath', 'text', (column) => column.notNull())
    .addColumn('position', 'bigint', (column) => column.notNull())
    .addColumn('uuid', 'text')
    .addColumn('payload', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('transcript_entry_key', [...conversationKey, 'subpath', 'position'])
    .addForeignKeyConstraint(
      'transcript_entry_conversation',
      [...conversationKey],
      'conversation',
      [...conversationKey],
      (key) => key.onDelete('cascade'),
    )
    .execute()
  // Entries without a uuid are never the same: null differs from null.
  await database.schema
    .createIndex('transcript_entry_by_uuid')
    .unique()
    .on('transcript_entry')
    .columns([...conversationKey, 'subpath', 'uuid'])
    .execute()
}

const ofWorkspace = <Name extends string>(table: CreateTableBuilder<Name>) =>
  table
    .addColumn('organization_id', 'text', (column) => column.notNull())
    .addColumn('workspace_id', 'text', (column) => column.notNull())

const ofSession = <Name extends string>(table: CreateTableBuilder<Name>) =>
  ofWorkspace(table).addColumn('session_id', 'text', (column) => column.notNull())
