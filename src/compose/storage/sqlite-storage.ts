import type { SqliteStorageOptions } from '../../stores/sqlite/open-sqlite-storage.ts'
import { LazyStorage } from './lazy-storage.ts'
import { openEmbeddedStorage } from './open-embedded-storage.ts'

/** Sessions in one SQLite file on this machine, with a folder beside it, for as many processes as like to share it. */
export class SqliteStorage extends LazyStorage {
  constructor(options: SqliteStorageOptions) {
    super(() => openEmbeddedStorage(options))
  }
}
