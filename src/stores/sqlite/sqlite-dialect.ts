import { SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler, type Dialect, type Driver, type Kysely } from 'kysely'
import { StatementDriver } from '../sql/statement-driver.ts'
import type { SqliteConnection } from './sqlite-connection.ts'

/** Kysely on one connection of `node:sqlite`. Transactions are the write queue's, not Kysely's. */
export class SqliteDialect implements Dialect {
  readonly #connection: SqliteConnection

  constructor(connection: SqliteConnection) {
    this.#connection = connection
  }

  createDriver = (): Driver =>
    new StatementDriver(async (sql, parameters) => {
      const { rows, changes } = await this.#connection.execute(sql, parameters)
      return { rows, affectedRows: changes }
    })
  createQueryCompiler = () => new SqliteQueryCompiler()
  createAdapter = () => new SqliteAdapter()
  createIntrospector = (database: Kysely<unknown>) => new SqliteIntrospector(database)
}
