import { existsSync, mkdirSync, realpathSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { CheckpointId } from '../domain/checkpoint-id.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import { textOf } from './byte-string.ts'
import { readContent, type CheckpointContent } from './checkpoint-content.ts'
import { ObjectStore } from './objects/object-store.ts'
import type { ScanPolicy } from './scan/scan-policy.ts'
import { scanWorkTree, type Scan } from './scan/scan-work-tree.ts'
import { readStatCache, writeStatCache, type StatCache } from './scan/stat-cache.ts'

/** A work tree, and the folder of its own in which its checkpoints are. One writer at a time: its caller holds a lease. */
export class WorkTree {
  readonly root: string
  readonly folder: string
  readonly store: ObjectStore
  #cache: StatCache | undefined
  #isCacheWritten = true

  /** @throws {PerdureError} `working_directory_missing`; `checkpoint_invalid` when the checkpoints are damaged. */
  constructor({ root, folder }: { readonly root: string; readonly folder: string }) {
    if (!existsSync(root)) {
      throw new PerdureError('working_directory_missing', 'The folder of the work tree does not exist.')
    }
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    this.root = realpathSync(root)
    this.folder = realpathSync(folder)
    this.store = new ObjectStore(this.folder)
    this.#cache = readStatCache(this.#cacheFile, this.root)
  }

  scan(policy: ScanPolicy): Scan {
    const startedNs = BigInt(Date.now()) * 1_000_000n
    try {
      const scan = scanWorkTree({
        root: this.root,
        store: this.store,
        policy,
        before: this.#cache?.root,
        trustedUntilNs: this.#cache?.trustedUntilNs ?? 0n,
        ownFolders: [textOf(relative(this.root, this.folder))],
      })
      // The clock of a file system stands still for some milliseconds at a time.
      this.#cache = { root: scan.root, trustedUntilNs: startedNs - 20_000_000n }
      this.#isCacheWritten &&= scan.filesRead === 0
      return scan
    } catch (error) {
      this.store.discardPending()
      throw error
    }
  }

  /** Whether the checkpoint is here and counts. */
  has(id: CheckpointId): boolean {
    return existsSync(this.referenceOf(id))
  }

  /** @throws {PerdureError} `checkpoint_not_found`, `checkpoint_invalid`. */
  contentOf(id: CheckpointId): CheckpointContent {
    if (!this.has(id)) throw new PerdureError('checkpoint_not_found', `There is no checkpoint ${id} of this work tree.`)
    return readContent(this.store, id)
  }

  /** The file that makes a checkpoint count: git would not collect it either. */
  referenceOf(id: CheckpointId): string {
    return join(this.folder, 'refs', 'checkpoints', id)
  }

  /** For the next process. Not part of a save: it costs time, and its loss costs no more than time. */
  keepCache(): void {
    if (this.#isCacheWritten || this.#cache === undefined) return
    writeStatCache(this.#cacheFile, { cache: this.#cache, root: this.root })
    this.#isCacheWritten = true
  }

  close(): void {
    this.keepCache()
    this.store.close()
  }

  get #cacheFile(): string {
    return join(this.folder, 'stat-cache.json')
  }
}
