import type { Kysely } from 'kysely'
import type { Tables } from '../schema.ts'

/** Why a session that is kept here is there for nobody, as JSON: it arrives, or has departed. */
export async function up(database: Kysely<Tables>): Promise<void> {
  await database.schema.alterTable('session').addColumn('transit', 'text').execute()
}
