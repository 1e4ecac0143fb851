import type { Kysely } from 'kysely'
import type { Tables } from '../sql/schema.ts'
import type { Transact } from '../sql/write-queue.ts'
import type { SqliteConnection } from './sqlite-connection.ts'

/** One transaction for all jobs of a group; it holds the database's only lock for writing from its beginning. */
export const transactOn =
  (connection: SqliteConnection, database: Kysely<Tables>): Transact =>
  async (jobs) => {
    await connection.execute('begin immediate')
    try {
      const results: unknown[] = []
      for (const job of jobs) results.push(await job(database))
      await connection.execute('commit')
      return results
    } catch (error) {
      if (connection.inTransaction) await connection.execute('rollback')
      throw error
    }
  }
