import {
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type CompiledQuery,
  type DatabaseConnection,
  type DataTypeNode,
  type Dialect,
  type Driver,
  type Kysely,
  type QueryResult,
} from 'kysely'

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

  createDriver = (): Driver => new PostgresDriver(this.#execute)
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

class PostgresDriver implements Driver {
  readonly #connection: DatabaseConnection

  constructor(execute: Execute) {
    this.#connection = new KyselyConnection(execute)
  }

  async init(): Promise<void> {}
  acquireConnection = async (): Promise<DatabaseConnection> => this.#connection
  async releaseConnection(): Promise<void> {}
  beginTransaction = refuseTransaction
  commitTransaction = refuseTransaction
  rollbackTransaction = refuseTransaction
  async destroy(): Promise<void> {}
}

class KyselyConnection implements DatabaseConnection {
  readonly #execute: Execute

  constructor(execute: Execute) {
    this.#execute = execute
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    const { rows, rowCount } = await this.#execute(sql, parameters)
    return { rows: rows as Row[], numAffectedRows: BigInt(rowCount ?? 0) }
  }

  // oxlint-disable-next-line require-yield
  async *streamQuery(): AsyncIterableIterator<never> {
    throw new Error('streaming a query would hold a read transaction open; read in batches')
  }
}

async function refuseTransaction(): Promise<never> {
  throw new Error('transactions are begun by PostgresWriter')
}
