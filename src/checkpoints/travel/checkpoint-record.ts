import type { CheckpointId, PackName } from '../../domain/checkpoint-id.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { CheckpointRecord } from '../../ports/checkpoint-store.ts'
import { readContent } from '../checkpoint-content.ts'
import { objectsOfCheckpoint } from '../objects-of-checkpoint.ts'
import { keepReference } from '../save-checkpoint.ts'
import type { WorkTree } from '../work-tree.ts'

/** What a store must have of a checkpoint beyond its parent. @throws {PerdureError} `checkpoint_not_found`. */
export function recordOfCheckpoint(tree: WorkTree, id: CheckpointId): CheckpointRecord {
  const content = tree.contentOf(id)
  const base = content.parent === undefined ? undefined : tree.contentOf(content.parent)
  const packs = new Set<PackName>()
  for (const objectId of objectsOfCheckpoint(tree.store, { content, base })) {
    const pack = tree.store.packOf(objectId)
    if (pack === undefined) throw new PerdureError('checkpoint_invalid', `${id} lacks the object ${objectId}.`)
    packs.add(pack)
  }
  const parent = content.parent === undefined ? {} : { parent: content.parent }
  return { id, ...parent, packs: [...packs].toSorted(), createdAt: content.createdAt.toISOString() }
}

/**
 * From now on a checkpoint whose packs were imported counts: all that it needs is here, and is what it is used as.
 * @throws {PerdureError} `checkpoint_invalid`, `checkpoint_not_found`.
 */
export function acceptCheckpoint(tree: WorkTree, id: CheckpointId): void {
  const content = readContent(tree.store, id)
  const isKnownParent = content.parent !== undefined && tree.has(content.parent)
  const base = isKnownParent ? tree.contentOf(content.parent) : undefined
  objectsOfCheckpoint(tree.store, { content, base })
  keepReference(tree, id)
}
