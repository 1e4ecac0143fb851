import { closeSync, existsSync, openSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { LocalEngine } from '../../engines/local/local-engine.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
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
  const file = join(dataDirectory, 'engine.db')
  createPrivately(file)
  const database = await SqliteConnection.open({ file, busyTimeoutMs: 10_000 })
  try {
    const ownerFile = join(dataDirectory, 'engine.owner')
    return await LocalEngine.open({ database, ownerFile, ...(retentionMs === undefined ? {} : { retentionMs }) })
  } catch (error) {
    database.close()
    throw error
  }
}

/** Prompts are nobody else’s. A file that is there is left alone: closing it would drop the locks of this process. */
function createPrivately(file: string): void {
  try {
    makePrivateFolder(dirname(file))
    closeSync(openSync(file, 'wx', 0o600))
  } catch (error) {
    if (existsSync(file)) return
    throw new PerdureError('storage_failed', `cannot create ${file}: ${(error as Error).message}`, { cause: error })
  }
}
