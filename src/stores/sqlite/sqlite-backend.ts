import { Kysely, sql } from 'kysely'
import type { Tables } from '../sql/schema.ts'
import type { SqlBackend } from '../sql/sql-backend.ts'
import { WriteQueue } from '../sql/write-queue.ts'
import { SqliteConnection } from './sqlite-connection.ts'
import { SqliteDialect } from './sqlite-dialect.ts'
import { transactOn } from './sqlite-transaction.ts'

/** How soon a reader sees what another process wrote. */
const watchIntervalMs = 25

/**
 * Two connections: one writes, in the transactions of the queue; the other reads, so that it never
 * sees a transaction that is still open.
 */
export async function openSqliteBackend(options: { file: string; busyTimeoutMs: number }): Promise<SqlBackend> {
  const writing = await SqliteConnection.open(options)
  const reading = await SqliteConnection.open({ ...options, readOnly: true })
  const queue = new WriteQueue(transactOn(writing, new Kysely<Tables>({ dialect: new SqliteDialect(writing) })))
  return {
    description: `sqlite ${options.file}`,
    reader: new Kysely<Tables>({ dialect: new SqliteDialect(reading) }),
    now: sql<number>`cast(unixepoch('subsec') * 1000 as integer)`,
    // SQLite has one lock for writing, so all turns are one.
    write: (_turn, job) => queue.run(job),
    writeAlone: (job) => queue.run(job),
    // `data_version` tells other processes.
    announce: () => {},
    watchCommits: (committed) => watchCommits(writing, committed),
    close: async () => {
      await queue.close()
      reading.close()
      writing.close()
    },
  }
}

/** `data_version` counts the commits of other connections. Our own all go through this one, so it tells of other processes. */
function watchCommits(connection: SqliteConnection, committed: () => void): () => void {
  let seen = dataVersionOf(connection)
  const timer = setInterval(() => {
    const current = dataVersionOf(connection)
    if (current !== undefined && current === seen) return
    seen = current
    committed()
  }, watchIntervalMs)
  // A subscription alone does not keep a process alive.
  timer.unref()
  return () => clearInterval(timer)
}

/** Undefined when it cannot be read: whatever is wrong, the readers find it out, and report it, by reading. */
function dataVersionOf(connection: SqliteConnection): number | undefined {
  try {
    return (connection.executeNow('pragma data_version').rows[0] as { data_version: number }).data_version
  } catch {
    return undefined
  }
}
