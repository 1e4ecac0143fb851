import { PerdureError } from '../errors/perdure-error.ts'
import type { ObjectStore } from './objects/object-store.ts'
import { parseStoredName } from './objects/stored-name.ts'
import { pieceName } from './scan/put-directory.ts'
import { parseMetadata, usualDirectoryMode, usualFileMode } from './scan/tree-metadata.ts'

export interface ListedDirectory {
  /** Permission bits. */
  readonly mode: number
  /** By name, a byte string. */
  readonly entries: ReadonlyMap<string, ListedEntry>
  /** Of the blob with the modes, when there is one. */
  readonly metadataId?: string
}

export interface ListedEntry {
  readonly type: 'directory' | 'file' | 'large_file' | 'link'
  readonly id: string
  /** Permission bits of a file; of no meaning for others. */
  readonly mode: number
}

/** One folder of a checkpoint. @throws {PerdureError} `checkpoint_invalid`. */
export function listDirectory(store: ObjectStore, treeId: string): ListedDirectory {
  const tree = store.readTree(treeId).map((entry) => ({ ...entry, stored: parseStoredName(entry.name) }))
  const metadataId = tree.find(({ stored }) => stored.type === 'metadata')?.id
  const metadata = metadataId === undefined ? {} : parseMetadata(store.read(metadataId, 'blob'))
  const modes = new Map(metadata.modes)
  const entries = new Map<string, ListedEntry>()
  for (const { mode, id, stored } of tree) {
    if (stored.type === 'metadata') continue
    const { name } = stored
    const isFolder = mode === '40000' && stored.type === 'entry'
    const type = isFolder
      ? 'directory'
      : mode === '120000'
        ? 'link'
        : stored.type === 'large_file'
          ? 'large_file'
          : 'file'
    if (entries.has(name) || (type === 'link' && stored.type === 'large_file')) {
      throw new PerdureError('checkpoint_invalid', 'A tree of the checkpoint holds one name twice.')
    }
    entries.set(name, { type, id, mode: modes.get(name) ?? usualFileMode(mode) })
  }
  return { mode: metadata.mode ?? usualDirectoryMode, entries, ...(metadataId === undefined ? {} : { metadataId }) }
}

/** The blobs of a large file, in order. @throws {PerdureError} `checkpoint_invalid`. */
export function listPieces(store: ObjectStore, treeId: string): string[] {
  return store.readTree(treeId).map(({ mode, name, id }, place) => {
    if (mode !== '100644' || name !== pieceName(place)) {
      throw new PerdureError('checkpoint_invalid', 'The pieces of a large file are not as they were written.')
    }
    return id
  })
}

/** The bytes of a file, piece after piece; a small one in one piece. */
export function* readContentOf(store: ObjectStore, { type, id }: ListedEntry): Generator<Buffer> {
  if (type !== 'large_file') yield store.read(id, 'blob')
  else for (const piece of listPieces(store, id)) yield store.read(piece, 'blob')
}
