import { mkdirSync, realpathSync } from 'node:fs'
import { join, relative } from 'node:path'
import { textOf } from './byte-string.ts'
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

  /** @throws {PerdureError} `checkpoint_invalid` when the folder of the checkpoints is damaged. */
  constructor({ root, folder }: { readonly root: string; readonly folder: string }) {
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
