import { existsSync, mkdirSync, realpathSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { CheckpointId } from '../domain/checkpoint-id.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import { textOf } from './byte-string.ts'
import { readContent, type CheckpointContent } from './checkpoint-content.ts'
import { ObjectStore } from './objects/object-store.ts'
import type { ScanPolicy } from './scan/scan-policy.ts'
import { scanWorkTree, type Scan } from './scan/scan-work-tree.ts'
import { readStatCache, writeStatCache, type StatCache } from './scan/stat-cache.ts'

export interface WorkTreePlaces {
  readonly root: string
  /** Where its checkpoints are kept; made when it is missing. */
  readonly folder: string
  /** Files and folders that are never saved, wherever they lie; the folder of the checkpoints is always one of them. */
  readonly ownPlaces?: readonly string[]
}

/** What a scan may take, beside what it is to save. */
export interface ScanLimits {
  readonly maxFiles?: number
}

/**
 * A work tree, and the folder of its own in which its checkpoints are. Others may use the folder as well, one after the
 * other: {@link refresh} shows what they did.
 */
export class WorkTree {
  readonly folder: string
  readonly store: ObjectStore
  readonly #places: WorkTreePlaces
  #root: string
  #cache: StatCache | undefined
  /** Which file the cache was read from, or written to. */
  #cacheVersion: string | undefined
  #isCacheWritten = true

  /** @throws {PerdureError} `checkpoint_invalid` when the checkpoints are damaged. */
  constructor(places: WorkTreePlaces) {
    mkdirSync(places.folder, { recursive: true, mode: 0o700 })
    this.#places = places
    this.#root = realPathOf(places.root)
    this.folder = realpathSync(places.folder)
    this.store = new ObjectStore(this.folder)
    this.#readCache()
  }

  get root(): string {
    return this.#root
  }

  /** The root is made when it is missing. */
  makeRoot(): void {
    mkdirSync(this.#places.root, { recursive: true })
    this.refresh()
  }

  /** Sees what other processes have done to the folder since. */
  refresh(): void {
    this.#root = realPathOf(this.#places.root)
    this.store.refresh()
    if (versionOf(this.#cacheFile) !== this.#cacheVersion) this.#readCache()
  }

  /** @throws {PerdureError} `working_directory_missing`, `work_tree_unsuitable`, `checkpoint_failed`. */
  scan(policy: ScanPolicy, { maxFiles = Number.POSITIVE_INFINITY }: ScanLimits = {}): Scan {
    const startedNs = BigInt(Date.now()) * 1_000_000n
    try {
      const scan = scanWorkTree({
        root: this.root,
        store: this.store,
        policy,
        before: this.#cache?.root,
        trustedUntilNs: this.#cache?.trustedUntilNs ?? 0n,
        ownPlaces: this.#ownPlaces(),
        maxFiles,
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
    this.#cacheVersion = versionOf(this.#cacheFile)
  }

  close(): void {
    this.keepCache()
    this.store.close()
  }

  /** Never forgets what it knows for what it cannot read. */
  #readCache(): void {
    this.#cacheVersion = versionOf(this.#cacheFile)
    this.#cache = readStatCache(this.#cacheFile, this.root) ?? this.#cache
  }

  #ownPlaces(): string[] {
    const places = [this.folder, ...(this.#places.ownPlaces ?? []).map(realPathOf)]
    return places.map((place) => textOf(relative(this.root, place)))
  }

  get #cacheFile(): string {
    return join(this.folder, 'stat-cache.json')
  }
}

/** Of what is not there, the path itself. */
const realPathOf = (path: string): string => (existsSync(path) ? realpathSync(path) : path)

function versionOf(file: string): string | undefined {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false })
  return stat === undefined ? undefined : `${stat.ino}:${stat.mtimeNs}`
}
