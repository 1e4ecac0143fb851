import type { Storage, StorageSource } from '../../ports/storage.ts'
import { openPostgresStorage } from './open-postgres-storage.ts'
import type { PostgresStorageOptions } from './postgres-options.ts'

/** Sessions in a PostgreSQL, for processes of many machines. Needs the package `pg` (`npm install pg`). */
export class PostgresStorage implements StorageSource {
  readonly #options: PostgresStorageOptions
  #storage: Promise<Storage> | undefined

  /** Takes `postgres://user:password@host:5432/database`, or options. */
  constructor(options: string | PostgresStorageOptions) {
    this.#options = typeof options === 'string' ? { url: options } : options
  }

  open(): Promise<Storage> {
    this.#storage ??= openPostgresStorage(this.#options).catch((error: unknown) => {
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
