import { openSqliteStorage, type SqliteStorageOptions } from '../../stores/sqlite/open-sqlite-storage.ts'
import { LazyStorage } from './lazy-storage.ts'

/** Sessions in one SQLite file on this machine, for as many processes as like to share it. */
export class SqliteStorage extends LazyStorage {
  constructor(options: SqliteStorageOptions) {
    super(() => openSqliteStorage(options))
  }
}
