import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunId } from '../domain/ids.ts'
import type { SandboxProvider } from '../ports/sandbox.ts'
import type { Storage, StorageSource } from '../ports/storage.ts'
import type { ConfigDirectory } from '../runtime/agent-dependencies.ts'
import { createLocalSandboxProvider } from '../sandboxes/local/local-provider.ts'
import { reapOrphans } from '../sandboxes/local/process-record.ts'
import { openSqliteStorage } from '../stores/sqlite/open-sqlite-storage.ts'

/** One data directory: the database, and what running agents leave on the disk for the next start to find. */
export class DataDirectory implements StorageSource {
  readonly path: string
  readonly sandboxes: SandboxProvider
  #storage: Promise<Storage> | undefined
  #hasReaped = false

  constructor(path: string) {
    this.path = path
    this.sandboxes = createLocalSandboxProvider({ stateDirectory: join(path, 'processes') })
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

  /** Ends agents that a dead process of ours left behind; once per process. */
  reap(): void {
    if (this.#hasReaped) return
    this.#hasReaped = true
    reapOrphans(join(this.path, 'processes'))
  }

  async close(): Promise<void> {
    await (await this.#storage)?.close()
  }

  async #openStorage(): Promise<Storage> {
    const storage = await openSqliteStorage({ dataDirectory: this.path })
    // What is in here is nobody's source code.
    await writeFile(join(this.path, '.gitignore'), '*\n')
    return storage
  }
}

/** An agent's private folder, gone after the run. */
export async function createConfigDirectory(runId: RunId): Promise<ConfigDirectory> {
  const path = await mkdtemp(join(tmpdir(), `perdure-${runId}-`))
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) }
}
