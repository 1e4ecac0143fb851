import type { Kysely } from 'kysely'
import type { Tables } from '../schema.ts'

/** What is kept of a conversation for lists of them, as JSON. */
export async function up(database: Kysely<Tables>): Promise<void> {
  await database.schema.alterTable('conversation').addColumn('summary', 'text').execute()
}
