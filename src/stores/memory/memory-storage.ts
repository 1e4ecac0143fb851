import type { Storage, StorageSource } from '../../ports/storage.ts'
import { openMemoryStorage } from './open-memory-storage.ts'

/** Sessions in this process alone, gone with it: for tests and for what need not last. */
export class MemoryStorage implements StorageSource {
  #storage: Promise<Storage> | undefined

  open(): Promise<Storage> {
    this.#storage ??= Promise.resolve(openMemoryStorage())
    return this.#storage
  }

  async close(): Promise<void> {
    await (await this.#storage)?.close()
  }
}
