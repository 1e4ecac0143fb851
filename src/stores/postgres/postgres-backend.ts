import { Kysely, sql } from 'kysely'
import type { Tables } from '../sql/schema.ts'
import type { SqlBackend, WriteJob } from '../sql/sql-backend.ts'
import { storageClosed } from '../outages/storage-closed.ts'
import { WriteQueue } from '../sql/write-queue.ts'
import { CommitHub } from './commit-hub.ts'
import { PostgresConnections } from './postgres-connections.ts'
import { PostgresDialect } from './postgres-dialect.ts'
import type { PostgresSettings } from './postgres-options.ts'
import { PostgresWriter } from './postgres-writer.ts'

/** A pool that reads and writes, and one connection that listens. */
export async function openPostgresBackend(settings: PostgresSettings): Promise<SqlBackend> {
  const { schema } = settings
  const connections = await PostgresConnections.open(settings)
  const writer = new PostgresWriter(connections, settings)
  const hub = new CommitHub(connections, schema)
  const queues = new Map<string, WriteQueue>()
  let isClosed = false

  const queueOf = (turn: string): WriteQueue => {
    const known = queues.get(turn)
    if (known) return known
    const queue = new WriteQueue(
      (jobs) => writer.transact(turn, jobs),
      () => queues.delete(turn),
    )
    queues.set(turn, queue)
    return queue
  }
  return {
    description: `postgres ${connections.place} (${[`schema ${schema}`, ...connections.caveats].join(', ')})`,
    reader: new Kysely<Tables>({ dialect: new PostgresDialect({ execute: connections.execute, schema }) }),
    // Of the statement, so that all its columns say the same; a transaction may have waited since its beginning.
    now: sql<number>`cast(floor(extract(epoch from statement_timestamp()) * 1000) as bigint)`,
    write: <Result>(turn: string, job: WriteJob<Result>) =>
      isClosed ? Promise.reject(storageClosed()) : queueOf(turn).run(job),
    writeAlone: async <Result>(job: WriteJob<Result>) => (await writer.transactAlone(job)) as Result,
    announce: (topic) => hub.announce(topic),
    watchCommits: (committed) => hub.watch(committed),
    close: async () => {
      isClosed = true
      await Promise.all([...queues.values()].map((queue) => queue.close()))
      await hub.close()
      await writer.close()
      await connections.close()
    },
  }
}
