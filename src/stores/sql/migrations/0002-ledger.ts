import { sql, type CreateTableBuilder, type Kysely } from 'kysely'
import type { Tables } from '../schema.ts'

const workspaceKey = ['organization_id', 'workspace_id'] as const
const budgetKey = [...workspaceKey, 'scope_id', 'scope', 'time_window'] as const

const countedColumns = [
  'input_tokens',
  'output_tokens',
  'cache_read_input_tokens',
  'cache_write_5m_input_tokens',
  'cache_write_1h_input_tokens',
  'web_search_requests',
  'cost_nano_usd',
  'list_cost_nano_usd',
  'presumed_nano_usd',
] as const

/** What calls cost, budgets, and what is reserved in them. No row hangs on a session: amounts outlive it. */
export async function up(database: Kysely<Tables>): Promise<void> {
  await createBudgets(database)
  await createReservations(database)
  await createEntries(database)
}

async function createBudgets(database: Kysely<Tables>): Promise<void> {
  await ofBudget(database.schema.createTable('budget'))
    .addColumn('limit_nano_usd', 'bigint', (column) => column.notNull())
    .addColumn('mode', 'text', (column) => column.notNull())
    .addColumn('thresholds', 'text', (column) => column.notNull())
    .addColumn('is_closed', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('budget_key', [...budgetKey])
    .execute()

  await ofBudget(database.schema.createTable('budget_period'))
    .addColumn('period', 'text', (column) => column.notNull())
    .addColumn('spent_nano_usd', 'bigint', (column) => column.notNull())
    .addColumn('presumed_nano_usd', 'bigint', (column) => column.notNull())
    .addColumn('reserved_nano_usd', 'bigint', (column) => column.notNull())
    .addColumn('told_nano_usd', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('budget_period_key', [...budgetKey, 'period'])
    .addForeignKeyConstraint('budget_period_budget', [...budgetKey], 'budget', [...budgetKey], (key) =>
      key.onDelete('cascade'),
    )
    .execute()
}

async function createReservations(database: Kysely<Tables>): Promise<void> {
  await ofCall(database.schema.createTable('reservation'))
    .addColumn('reservation_id', 'text', (column) => column.notNull())
    .addColumn('forked_from', 'text', (column) => column.notNull())
    .addColumn('granted_nano_usd', 'bigint', (column) => column.notNull())
    .addColumn('owner', 'text', (column) => column.notNull())
    .addColumn('reserved_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('is_presumed', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('reservation_key', [...workspaceKey, 'reservation_id'])
    .execute()
  await database.schema
    .createIndex('reservation_open')
    .on('reservation')
    .columns([...workspaceKey])
    .where(sql.ref('is_presumed'), '=', sql.lit(0))
    .execute()
}

async function createEntries(database: Kysely<Tables>): Promise<void> {
  const entries = ofCall(database.schema.createTable('ledger_entry'))
    .addColumn('entry_id', 'text', (column) => column.notNull())
    .addColumn('counted_at', 'bigint', (column) => column.notNull())
    .addColumn('thread', 'text')
    .addColumn('kind', 'text')
    .addColumn('upstream', 'text')
    .addColumn('model', 'text')
    .addColumn('message_id', 'text')
    .addColumn('request_id', 'text')
    .addColumn('speed', 'text')
    .addColumn('inference_geo', 'text')
    .addColumn('certainty', 'text')
    .addColumn('first_token_ms', 'bigint')
    .addColumn('duration_ms', 'bigint')
    .addColumn('is_duplicate', 'integer', (column) => column.notNull())
    .addColumn('is_overrun', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('ledger_entry_key', [...workspaceKey, 'entry_id'])
  await countedColumns
    .reduce<CreateTableBuilder<'ledger_entry', string>>(
      (table, name) => table.addColumn(name, 'bigint', (column) => column.notNull()),
      entries,
    )
    .execute()
  await indexEntries(database)

  await ofWorkspace(database.schema.createTable('ledger_entry_tag'))
    .addColumn('entry_id', 'text', (column) => column.notNull())
    .addColumn('tag', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('ledger_entry_tag_key', [...workspaceKey, 'entry_id', 'tag'])
    .execute()
  await database.schema
    .createIndex('ledger_entry_by_tag')
    .on('ledger_entry_tag')
    .columns([...workspaceKey, 'tag', 'entry_id'])
    .execute()

  await ofWorkspace(database.schema.createTable('ledger_fork'))
    .addColumn('session_id', 'text', (column) => column.notNull())
    .addColumn('fork_session_id', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('ledger_fork_key', [...workspaceKey, 'session_id', 'fork_session_id'])
    .execute()
}

async function indexEntries(database: Kysely<Tables>): Promise<void> {
  const index = (name: string) => database.schema.createIndex(name).on('ledger_entry')
  await index('ledger_entry_by_time')
    .columns([...workspaceKey, 'counted_at'])
    .execute()
  await index('ledger_entry_by_session')
    .columns([...workspaceKey, 'session_id', 'message_id'])
    .execute()
  await index('ledger_entry_by_run')
    .columns([...workspaceKey, 'run_id', 'counted_at'])
    .execute()
  await index('ledger_entry_by_user')
    .columns([...workspaceKey, 'user_id', 'counted_at'])
    .where(sql.ref('user_id'), 'is not', null)
    .execute()
}

const ofWorkspace = <Name extends string>(table: CreateTableBuilder<Name>) =>
  table
    .addColumn('organization_id', 'text', (column) => column.notNull())
    .addColumn('workspace_id', 'text', (column) => column.notNull())

const ofBudget = <Name extends string>(table: CreateTableBuilder<Name>) =>
  ofWorkspace(table)
    .addColumn('scope_id', 'text', (column) => column.notNull())
    .addColumn('scope', 'text', (column) => column.notNull())
    .addColumn('time_window', 'text', (column) => column.notNull())

const ofCall = <Name extends string>(table: CreateTableBuilder<Name>) =>
  ofWorkspace(table)
    .addColumn('run_id', 'text', (column) => column.notNull())
    .addColumn('session_id', 'text', (column) => column.notNull())
    .addColumn('user_id', 'text')
