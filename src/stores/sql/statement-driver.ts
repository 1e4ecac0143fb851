import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from 'kysely'

interface StatementAnswer {
  readonly rows: unknown[]
  /** Rows that were written. */
  readonly affectedRows: number
}

/** Sends one statement, wherever it is to run. */
type SendStatement = (sql: string, parameters: readonly unknown[]) => Promise<StatementAnswer>

/** Kysely on whatever sends statements. Transactions are the backends’ own, never Kysely’s. */
export class StatementDriver implements Driver {
  readonly #connection: DatabaseConnection

  constructor(send: SendStatement) {
    this.#connection = new StatementConnection(send)
  }

  async init(): Promise<void> {}
  acquireConnection = async (): Promise<DatabaseConnection> => this.#connection
  async releaseConnection(): Promise<void> {}
  beginTransaction = refuseTransaction
  commitTransaction = refuseTransaction
  rollbackTransaction = refuseTransaction
  async destroy(): Promise<void> {}
}

class StatementConnection implements DatabaseConnection {
  readonly #send: SendStatement

  constructor(send: SendStatement) {
    this.#send = send
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    const { rows, affectedRows } = await this.#send(sql, parameters)
    return { rows: rows as Row[], numAffectedRows: BigInt(affectedRows) }
  }

  // oxlint-disable-next-line require-yield
  async *streamQuery(): AsyncIterableIterator<never> {
    throw new Error('streaming a query would hold a read transaction open; read in batches')
  }
}

async function refuseTransaction(): Promise<never> {
  throw new Error('transactions are begun and ended by the backend')
}
