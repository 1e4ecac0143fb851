import {
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type DataTypeNode,
  type Dialect,
  type Driver,
  type Kysely,
} from 'kysely'
import { StatementDriver } from '../sql/statement-driver.ts'

export interface PostgresAnswer {
  readonly rows: unknown[]
  readonly rowCount: number | null
}

/** Sends one statement, wherever it is to run. */
export type Execute = (sql: string, parameters: readonly unknown[]) => Promise<PostgresAnswer>

/** Kysely on whatever sends statements: one connection, or a pool. Transactions are begun and ended elsewhere. */
export class PostgresDialect implements Dialect {
  readonly #execute: Execute
  readonly #schema: string

  constructor(options: { execute: Execute; schema: string }) {
    this.#execute = options.execute
    this.#schema = options.schema
  }

  createDriver = (): Driver =>
    new StatementDriver(async (sql, parameters) => {
      const { rows, rowCount } = await this.#execute(sql, parameters)
      return { rows, affectedRows: rowCount ?? 0 }
    })
  createQueryCompiler = () => new CollatingQueryCompiler()
  createAdapter = () => new PostgresAdapter()
  createIntrospector = (database: Kysely<unknown>) => new SchemaIntrospector(database, this.#schema)
}

/** Texts compare by their bytes, as in SQLite: the order of ids, and no index that a new version of the system breaks. */
class CollatingQueryCompiler extends PostgresQueryCompiler {
  protected override visitDataType(node: DataTypeNode): void {
    super.visitDataType(node)
    if (node.dataType === 'text') this.append(' collate "C"')
  }
}

/** Sees only the tables of one schema. */
class SchemaIntrospector extends PostgresIntrospector {
  readonly #schema: string

  constructor(database: Kysely<unknown>, schema: string) {
    super(database)
    this.#schema = schema
  }

  override async getTables(...options: Parameters<PostgresIntrospector['getTables']>) {
    return (await super.getTables(...options)).filter(({ schema }) => schema === this.#schema)
  }
}
