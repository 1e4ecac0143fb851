import { PerdureError } from '../errors/perdure-error.ts'
import { ownObjectsOf, type CheckpointContent } from './checkpoint-content.ts'
import { diffTrees } from './compare/diff-trees.ts'
import type { ObjectStore } from './objects/object-store.ts'
import { listDirectory, listPieces } from './tree-listing.ts'

/**
 * The ids of all objects that a checkpoint needs and `base` does not have at the same place.
 * @throws {PerdureError} `checkpoint_invalid` when one is missing or not what it is used as.
 */
export function objectsOfCheckpoint(
  store: ObjectStore,
  { content, base }: { readonly content: CheckpointContent; readonly base?: CheckpointContent | undefined },
): string[] {
  const found = new Set(ownObjectsOf(store, content))
  if (base === undefined) {
    addTree(store, { treeId: content.files, found })
  } else {
    for (const id of newTrees(store, { before: base.files, after: content.files })) found.add(id)
    for (const { after } of diffTrees(store, { before: base.files, after: content.files })) {
      if (after !== undefined && after.type !== 'directory') addFile(store, { ...after, found })
    }
  }
  return [...found]
}

function addTree(store: ObjectStore, { treeId, found }: { treeId: string; found: Set<string> }): void {
  if (found.has(treeId)) return
  found.add(treeId)
  const { entries, metadataId } = listDirectory(store, treeId)
  if (metadataId !== undefined) found.add(metadataId)
  for (const { type, id } of entries.values()) {
    if (type === 'directory') addTree(store, { treeId: id, found })
    else addFile(store, { type, id, found })
  }
}

function addFile(store: ObjectStore, { type, id, found }: { type: string; id: string; found: Set<string> }): void {
  const blobs = type === 'large_file' ? listPieces(store, id) : [id]
  found.add(id)
  for (const blob of blobs) {
    if (!found.has(blob) || blob === id) checkBlob(store, blob)
    found.add(blob)
  }
}

function checkBlob(store: ObjectStore, id: string): void {
  if (store.typeOf(id) !== 'blob') throw new PerdureError('checkpoint_invalid', `The file ${id} is no file.`)
}

/** Trees, and what they say of modes. */
function* newTrees(store: ObjectStore, { before, after }: { before?: string; after: string }): Generator<string> {
  if (before === after) return
  const was = before === undefined ? undefined : listDirectory(store, before)
  const is = listDirectory(store, after)
  yield after
  if (is.metadataId !== undefined) yield is.metadataId
  for (const [name, entry] of is.entries) {
    if (entry.type !== 'directory') continue
    const old = was?.entries.get(name)
    yield* newTrees(store, { after: entry.id, ...(old?.type === 'directory' ? { before: old.id } : {}) })
  }
}
