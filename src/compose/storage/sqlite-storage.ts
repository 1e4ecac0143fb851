import type { SqliteStorageOptions } from '../../stores/sqlite/open-sqlite-storage.ts'
import { checkStorageOptions, checkStoragePath } from './check-storage-options.ts'
import { LazyStorage } from './lazy-storage.ts'
import { openEmbeddedStorage } from './open-embedded-storage.ts'

const example = "new SqliteStorage({ file: '/var/lib/perdure/sessions.db' })"

/** Sessions in one SQLite file on this machine, with a folder beside it, for as many processes as like to share it. */
export class SqliteStorage extends LazyStorage {
  constructor(options: SqliteStorageOptions) {
    super(async () => {
      const named = checkStorageOptions(options, example)
      checkStoragePath('file' in named ? named.file : named.dataDirectory, example)
      return openEmbeddedStorage(named)
    })
  }
}
