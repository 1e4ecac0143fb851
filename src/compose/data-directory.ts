import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SandboxProvider } from '../ports/sandbox.ts'
import type { Storage, StorageSource } from '../ports/storage.ts'
import { createLocalSandboxProvider } from '../sandboxes/local/local-provider.ts'
import { reapPrivateFolders } from './private-folders.ts'
import { openSqliteStorage } from '../stores/sqlite/open-sqlite-storage.ts'

/** One data directory: the database, and what running agents leave on the disk for the next start to find. */
export class DataDirectory implements StorageSource {
  readonly path: string
  readonly sandboxes: SandboxProvider
  #storage: Promise<Storage> | undefined

  constructor(path: string) {
    this.path = path
    this.sandboxes = createLocalSandboxProvider({ stateDirectory: path })
  }

  /** @throws {PerdureError} `storage_failed`, `storage_busy`, `storage_schema_too_new`. */
  open(): Promise<Storage> {
    this.#storage ??= this.#openStorage().catch((error: unknown) => {
      // Whoever asks next may have more luck.
      this.#storage = undefined
      throw error
    })
    return this.#storage
  }

  async close(): Promise<void> {
    await (await this.#storage)?.close()
  }

  async #openStorage(): Promise<Storage> {
    const [storage] = await Promise.all([openSqliteStorage({ dataDirectory: this.path }), reapPrivateFolders()])
    // What is in here is nobody's source code.
    await writeFile(join(this.path, '.gitignore'), '*\n')
    return storage
  }
}
