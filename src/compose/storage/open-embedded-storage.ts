import { basename, dirname, join, resolve } from 'node:path'
import type { Storage } from '../../ports/storage.ts'
import { FilesystemCheckpointStore } from '../../stores/filesystem/checkpoint-store.ts'
import {
  databaseFileName,
  openSqliteStorage,
  type SqliteStorageOptions,
} from '../../stores/sqlite/open-sqlite-storage.ts'
import { keepCheckpointsIn } from './with-checkpoints-in.ts'

/**
 * Sessions in a SQLite file. The packs of checkpoints are files beside it: a database that holds them would grow by them,
 * and wait for them.
 * @throws {PerdureError} `storage_failed`, `storage_busy`, `storage_schema_too_new`.
 */
export async function openEmbeddedStorage(options: SqliteStorageOptions): Promise<Storage> {
  const storage = await openSqliteStorage(options)
  const folder = folderOfCheckpoints(options)
  const file = fileOf(options)
  const stores = keepCheckpointsIn(storage, (scope) => new FilesystemCheckpointStore({ folder, scope }))
  // Beside its file SQLite keeps what is not in it yet.
  return { ...stores, ownPlaces: [file, `${file}-wal`, `${file}-shm`, folder] }
}

const fileOf = (options: SqliteStorageOptions): string =>
  resolve('file' in options ? options.file : join(options.dataDirectory, databaseFileName))

/** The same for a data directory and for its database when that is named as a file; another's for another file there. */
function folderOfCheckpoints(options: SqliteStorageOptions): string {
  const file = fileOf(options)
  const isDataDirectory = basename(file) === databaseFileName
  return isDataDirectory ? join(dirname(file), 'checkpoints') : `${file}-checkpoints`
}
