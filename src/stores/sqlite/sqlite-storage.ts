import type { Storage, StorageSource } from '../../ports/storage.ts'
import { openSqliteStorage, type SqliteStorageOptions } from './open-sqlite-storage.ts'

/** Sessions in one SQLite file on this machine, for as many processes as like to share it. */
export class SqliteStorage implements StorageSource {
  readonly #options: SqliteStorageOptions
  #storage: Promise<Storage> | undefined

  constructor(options: SqliteStorageOptions) {
    this.#options = options
  }

  open(): Promise<Storage> {
    this.#storage ??= openSqliteStorage(this.#options).catch((error: unknown) => {
      // Whoever asks next may have more luck.
      this.#storage = undefined
      throw error
    })
    return this.#storage
  }

  async close(): Promise<void> {
    await (await this.#storage)?.close()
  }
}
