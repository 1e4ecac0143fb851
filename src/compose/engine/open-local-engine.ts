import { join } from 'node:path'
import { LocalEngine } from '../../engines/local/local-engine.ts'
import type { RunEngine } from '../../ports/run-engine.ts'
import { makePrivateFolder } from '../../stores/sqlite/make-private-folder.ts'
import { SqliteConnection } from '../../stores/sqlite/sqlite-connection.ts'

export interface LocalEnginePlace {
  readonly dataDirectory: string
  /** How long runs are remembered after their end; 7 days when left out. */
  readonly retentionMs?: number
}

/** The engine of a data directory. @throws {PerdureError} `storage_failed`, `storage_busy`, `storage_schema_too_new`. */
export async function openLocalEngine({ dataDirectory, retentionMs }: LocalEnginePlace): Promise<RunEngine> {
  makePrivateFolder(dataDirectory)
  const database = await SqliteConnection.open({ file: join(dataDirectory, 'engine.db'), busyTimeoutMs: 10_000 })
  try {
    const ownerFile = join(dataDirectory, 'engine.owner')
    return await LocalEngine.open({ database, ownerFile, ...(retentionMs === undefined ? {} : { retentionMs }) })
  } catch (error) {
    database.close()
    throw error
  }
}
