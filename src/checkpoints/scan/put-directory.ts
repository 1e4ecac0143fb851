import { encodeTree, type TreeEntry, type TreeMode } from '../objects/git-object.ts'
import type { ObjectStore } from '../objects/object-store.ts'
import { metadataName, storedNameOf } from '../objects/stored-name.ts'
import { permissionsOf, type SavedEntry, type SavedFile } from './saved-tree.ts'
import { encodeMetadata, usualFileMode } from './tree-metadata.ts'

/** Puts the tree of one folder, whose entries are in the store, and gives its id. */
export function putDirectory(
  store: ObjectStore,
  { mode, entries }: { mode: number; entries: ReadonlyMap<string, SavedEntry> },
): string {
  const modes: [string, number][] = []
  const tree = Array.from(entries, ([name, entry]): TreeEntry => {
    if (entry.type === 'directory') {
      return { mode: '40000', name: storedNameOf(name, { isLarge: false }), id: entry.directory.id }
    }
    const treeMode = treeModeOf(entry)
    const permissions = permissionsOf(entry.stat.mode)
    if (entry.type !== 'link' && permissions !== usualFileMode(treeMode)) modes.push([name, permissions])
    return { mode: treeMode, name: storedNameOf(name, { isLarge: entry.type === 'large_file' }), id: entry.id }
  })
  const metadata = encodeMetadata({ mode, modes })
  if (metadata !== null) tree.push({ mode: '100644', name: metadataName, id: store.put('blob', metadata) })
  return store.put('tree', encodeTree(tree))
}

function treeModeOf({ type, stat }: SavedFile): TreeMode {
  if (type === 'link') return '120000'
  if (type === 'large_file') return '40000'
  return (stat.mode & 0o100n) === 0n ? '100644' : '100755'
}

/** The tree of a large file: its pieces, numbered. */
export const putPieces = (store: ObjectStore, ids: readonly string[]): string =>
  store.put('tree', encodeTree(ids.map((id, place) => ({ mode: '100644', name: pieceName(place), id }))))

export const pieceName = (place: number): string => place.toString(16).padStart(8, '0')
