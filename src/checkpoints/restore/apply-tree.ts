import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  mkdirSync,
  openSync,
  rmdirSync,
  unlinkSync,
  lchownSync,
} from 'node:fs'
import { PerdureError } from '../../errors/perdure-error.ts'
import { displayOf } from '../byte-string.ts'
import type { ObjectStore } from '../objects/object-store.ts'
import { permissionsOf, type SavedDirectory, type SavedEntry, type SavedFile } from '../scan/saved-tree.ts'
import { listDirectory, type ListedDirectory, type ListedEntry } from '../tree-listing.ts'
import type { Durability } from './durability.ts'
import type { OpenDirectory } from './open-directory.ts'
import type { RestoreRules } from './restore-rules.ts'
import { writeEntry } from './write-entry.ts'

export interface ApplyRequest {
  readonly store: ObjectStore
  readonly rules: RestoreRules
  readonly durability: Durability
  /** Called before each change of the work tree. */
  readonly beforeChange: () => void
  /** Paths whose file has another inode than the scan saw. */
  readonly replaced: ReadonlySet<string>
}

interface Folder {
  readonly directory: OpenDirectory
  /** A byte string; empty for the root. */
  readonly path: string
  /** What the scan found in it; absent for a new one. */
  readonly saved?: SavedDirectory | undefined
}

/** Makes a folder what a stored tree says, and visits only what differs. */
export class TreeApplication {
  readonly #request: ApplyRequest
  #changes = 0

  constructor(request: ApplyRequest) {
    this.#request = request
  }

  /** How much of the work tree was changed. */
  get changes(): number {
    return this.#changes
  }

  apply(folder: Folder, treeId: string): void {
    const { store, durability } = this.#request
    const target = listDirectory(store, treeId)
    const mode = permissionsOf(folder.directory.stat().mode)
    // To change what is in it, its owner needs all rights for a moment.
    if ((mode & 0o700) !== 0o700) this.#change(() => folder.directory.setMode(mode | 0o700))
    this.#removeOthers(folder, target)
    for (const [name, wanted] of target.entries) {
      if (!this.#request.rules.mayTouch(pathIn(folder, name))) continue
      if (wanted.type === 'directory') this.#applyFolder(folder, { name, wanted })
      else this.#applyFile(folder, { name, wanted })
    }
    if (permissionsOf(folder.directory.stat().mode) !== target.mode) {
      this.#change(() => folder.directory.setMode(target.mode))
    }
    durability.add(folder.directory.handle)
  }

  /** What the target does not have, and what is a folder here and none there, or the other way round. */
  #removeOthers(folder: Folder, target: ListedDirectory): void {
    if (!this.#request.rules.mayRemoveIn(folder.path)) return
    for (const [name, saved] of folder.saved?.entries ?? []) {
      const wanted = target.entries.get(name)
      if (wanted !== undefined && (wanted.type === 'directory') === (saved.type === 'directory')) continue
      this.#remove(folder, { name, saved })
    }
  }

  #remove(folder: Folder, { name, saved }: { name: string; saved: SavedEntry }): void {
    const path = pathIn(folder, name)
    if (!this.#request.rules.mayTouch(path)) return
    if (saved.type !== 'directory') {
      this.#checkAsSaved(folder, { name, saved })
      this.#change(() => ignoringGone(() => unlinkSync(folder.directory.pathOf(name))))
      return
    }
    const directory = folder.directory.child(name)
    try {
      const inner = { directory, path, saved: saved.directory }
      const mode = permissionsOf(directory.stat().mode)
      if ((mode & 0o700) !== 0o700) this.#change(() => directory.setMode(mode | 0o700))
      for (const [child, savedChild] of saved.directory.entries) this.#remove(inner, { name: child, saved: savedChild })
    } finally {
      directory.close()
    }
    try {
      this.#change(() => rmdirSync(folder.directory.pathOf(name)))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error
      this.#request.rules.leave(path, 'not_empty')
    }
  }

  #applyFolder(folder: Folder, { name, wanted }: Wanted): void {
    const path = pathIn(folder, name)
    const saved = folder.saved?.entries.get(name)
    const known = saved?.type === 'directory' ? saved.directory : undefined
    if (known?.id === wanted.id) return
    if (known === undefined) {
      const stat = folder.directory.statOf(name)
      // A folder that holds only what was never saved is one to go on with.
      if (stat !== undefined && !stat.isDirectory()) return this.#request.rules.leave(path, 'in_the_way')
      if (stat === undefined) this.#change(() => makeFolder(folder.directory, name))
    }
    const directory = folder.directory.child(name)
    try {
      this.apply({ directory, path, saved: known }, wanted.id)
    } finally {
      directory.close()
    }
  }

  #applyFile(folder: Folder, { name, wanted }: Wanted): void {
    const saved = folder.saved?.entries.get(name)
    const known = saved?.type === 'directory' ? undefined : saved
    if (known === undefined) {
      if (folder.directory.statOf(name) !== undefined) {
        return this.#request.rules.leave(pathIn(folder, name), 'in_the_way')
      }
    } else {
      const isSameContent = known.type === wanted.type && known.id === wanted.id
      if (isSameContent && (wanted.type === 'link' || permissionsOf(known.stat.mode) === wanted.mode)) return
      this.#checkAsSaved(folder, { name, saved: known })
      if (isSameContent && this.#change(() => changeMode(folder.directory, { name, mode: wanted.mode }))) return
    }
    const { store, durability } = this.#request
    this.#change(() => writeEntry({ directory: folder.directory, name, entry: wanted, store, durability }))
  }

  /** What was changed since the safety checkpoint would be lost. */
  #checkAsSaved(folder: Folder, { name, saved }: { name: string; saved: SavedFile }): void {
    const path = pathIn(folder, name)
    const stat = folder.directory.statOf(name)
    if (stat === undefined || this.#request.replaced.has(path)) return
    // Not the time of the last change of status: to remove one of several hard links changes it for the others.
    const { ino, size, mtimeNs } = saved.stat
    if (stat.ino === ino && stat.size === size && stat.mtimeNs === mtimeNs) return
    throw new PerdureError('checkpoint_failed', `${displayOf(path)} was written while the work tree was restored.`)
  }

  #change<Result>(change: () => Result): Result {
    this.#request.beforeChange()
    this.#changes += 1
    return change()
  }
}

interface Wanted {
  readonly name: string
  readonly wanted: ListedEntry
}

const pathIn = ({ path }: Folder, name: string): string => (path === '' ? name : `${path}/${name}`)

function makeFolder(directory: OpenDirectory, name: string): void {
  mkdirSync(directory.pathOf(name), { mode: 0o700 })
  if (process.geteuid?.() !== 0) return
  const { uid, gid } = directory.stat()
  lchownSync(directory.pathOf(name), Number(uid), Number(gid))
}

/**
 * False when the file must be written anew: its owner cannot open it, or it has other names, whose mode would change as
 * well, and which may lie outside of the tree.
 */
function changeMode(directory: OpenDirectory, { name, mode }: { name: string; mode: number }): boolean {
  let file: number
  try {
    file = openSync(directory.pathOf(name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch {
    return false
  }
  try {
    if (fstatSync(file).nlink > 1) return false
    fchmodSync(file, mode)
    return true
  } finally {
    closeSync(file)
  }
}

function ignoringGone(remove: () => void): void {
  try {
    remove()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
