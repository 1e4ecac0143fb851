import type { CheckpointId } from '../domain/checkpoint-id.ts'
import type { CheckpointContent, RepositoryState } from './checkpoint-content.ts'
import type { LeftOut } from '../domain/work-tree.ts'
import type { ScanPolicy } from './scan/scan-policy.ts'
import type { WorkTree } from './work-tree.ts'

/** A checkpoint without its files. Paths are byte strings. */
export interface CheckpointDescription extends Pick<CheckpointContent, 'id' | 'parent' | 'createdAt'> {
  readonly policy: ScanPolicy
  readonly leftOut: readonly LeftOut[]
  readonly repositories: readonly RepositoryState[]
}

/** @throws {PerdureError} `checkpoint_not_found`, `checkpoint_invalid`. */
export function describeCheckpoint(tree: WorkTree, id: CheckpointId): CheckpointDescription {
  const { parent, createdAt, about } = tree.contentOf(id)
  const { policy, leftOut, repositories } = about
  return { id, ...(parent === undefined ? {} : { parent }), createdAt, policy, leftOut, repositories }
}
