import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  lchownSync,
  openSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import type { ObjectStore } from '../objects/object-store.ts'
import { readContentOf, type ListedEntry } from '../tree-listing.ts'
import type { Durability } from './durability.ts'
import type { OpenDirectory } from './open-directory.ts'

export interface WriteRequest {
  readonly directory: OpenDirectory
  readonly name: string
  readonly entry: ListedEntry
  readonly store: ObjectStore
  readonly durability: Durability
}

export interface Owner {
  readonly uid: bigint
  readonly gid: bigint
}

const isRoot = process.geteuid?.() === 0

/** Puts a file or a link in place, whole or not at all, whatever had the name before. */
export function writeEntry(request: WriteRequest): void {
  const { directory, name, entry, store } = request
  // Who is root gives a file to whom it belonged, or else to whom its folder belongs.
  const owner = isRoot ? (directory.statOf(name) ?? directory.stat()) : undefined
  replace(directory, name, (temporary) => {
    if (entry.type !== 'link') return writeFile(request, { temporary, owner })
    symlinkSync(store.read(entry.id, 'blob'), temporary)
    if (owner !== undefined) lchownSync(temporary, Number(owner.uid), Number(owner.gid))
  })
}

function writeFile(
  { store, entry, durability }: WriteRequest,
  { temporary, owner }: { temporary: Buffer; owner: Owner | undefined },
): void {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  const file = openSync(temporary, flags, 0o600)
  try {
    for (const piece of readContentOf(store, entry)) {
      for (let written = 0; written < piece.length;) written += writeSync(file, piece, written)
    }
    if (owner !== undefined) fchownSync(file, Number(owner.uid), Number(owner.gid))
    // After the owner, whose change takes set-user-id away.
    fchmodSync(file, entry.mode)
    durability.add(file)
  } finally {
    closeSync(file)
  }
}

/** Makes something under a name that nobody has, and gives it the right one. */
export function replace(directory: OpenDirectory, name: string, make: (temporary: Buffer) => void): void {
  const temporary = directory.pathOf(`.perdure-${crypto.randomUUID()}`)
  try {
    make(temporary)
    renameSync(temporary, directory.pathOf(name))
  } catch (error) {
    try {
      unlinkSync(temporary)
    } catch {
      // It was never made.
    }
    throw error
  }
}
