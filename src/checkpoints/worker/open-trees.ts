import { mkdirSync } from 'node:fs'
import { forgetOldCheckpointsDaily } from '../forget-old-checkpoints.ts'
import { WorkTree, type WorkTreePlaces } from '../work-tree.ts'
import { forgetLostTrees, noteRoot } from './forget-lost-trees.ts'
import { FolderLock } from './folder-lock.ts'
import { createOperations, type Operations } from './operations.ts'

interface OpenTree {
  readonly tree: WorkTree
  readonly lock: FolderLock
  readonly operations: Operations
  usedMs: number
}

/** What is known of a tree is worth some megabytes of memory while it is in use. */
const idleMs = 60_000

/** The work trees of one thread, by the folder of their checkpoints. */
export class OpenTrees {
  readonly #trees = new Map<string, OpenTree>()

  /** Nobody else uses the folder meanwhile, in this process or another. */
  use<Result>(places: WorkTreePlaces, work: (operations: Operations) => Result): Result {
    const opened = this.#open(places)
    return opened.lock.hold(() => {
      opened.tree.refresh()
      return work(opened.operations)
    })
  }

  /** What is left to do once a question has its answer. */
  tidy({ folder }: WorkTreePlaces): void {
    const used = this.#trees.get(folder)
    try {
      used?.tree.keepCache()
      used?.lock.hold(() => forgetOldCheckpointsDaily(used.tree))
    } catch {
      // The next process will read the tree anew, and forget what is old.
    }
    const now = performance.now()
    for (const [key, opened] of this.#trees) if (now - opened.usedMs > idleMs) this.#close(key, opened)
  }

  close(): void {
    const [folder] = this.#trees.keys()
    for (const [key, opened] of this.#trees) this.#close(key, opened)
    try {
      if (folder !== undefined) forgetLostTrees(folder)
    } catch {
      // The next process will look again.
    }
  }

  #open(places: WorkTreePlaces): OpenTree {
    const known = this.#trees.get(places.folder)
    if (known !== undefined) {
      known.usedMs = performance.now()
      return known
    }
    mkdirSync(places.folder, { recursive: true, mode: 0o700 })
    const lock = new FolderLock(places.folder)
    const tree = lock.hold(() => new WorkTree(places))
    noteRoot(places.folder, places.root)
    const opened = { tree, lock, operations: createOperations(tree), usedMs: performance.now() }
    this.#trees.set(places.folder, opened)
    return opened
  }

  #close(key: string, { tree, lock }: OpenTree): void {
    this.#trees.delete(key)
    try {
      tree.close()
      lock.close()
    } catch {
      // Its folder was removed, perhaps: there is nothing to keep.
    }
  }
}
