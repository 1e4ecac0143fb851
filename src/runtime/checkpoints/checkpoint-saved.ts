import { newEventId } from '../../domain/ids.ts'
import type { CheckpointReason } from '../../domain/perdure-event.ts'
import type { DraftOfType } from '../../domain/session-event.ts'
import type { Clock } from '../../ports/clock.ts'
import type { FileChanges, SavedWorkTree, WorkTree } from '../../ports/work-tree.ts'

/** So many files are named by an event or an outcome; of the others it has the number. */
export const mostNamed = 100

export const noChanges: FileChanges = { changes: [], more: 0 }

/** What has changed since the checkpoint that it follows. */
export const changesOf = async (
  tree: Pick<WorkTree, 'changes'>,
  { id, parent, isUnchanged }: SavedWorkTree,
): Promise<FileChanges> => (parent === null || isUnchanged ? noChanges : tree.changes(parent, id, { limit: mostNamed }))

export interface Saving {
  readonly saved: SavedWorkTree
  readonly changes: FileChanges
  readonly reason: CheckpointReason
  readonly root: string
  readonly clock: Clock
  readonly startedMs: number
}

/** The event of a work tree that was saved. */
export function checkpointSaved(saving: Saving): DraftOfType<'perdure.checkpoint_saved'> {
  const { saved, changes, reason, root, clock, startedMs } = saving
  return {
    id: newEventId(),
    processed_at: clock.now().toISOString(),
    type: 'perdure.checkpoint_saved',
    checkpoint_id: saved.id,
    parent_checkpoint_id: saved.parent,
    reason,
    working_directory: root,
    changes: [...changes.changes],
    more_changes: changes.more,
    left_out: saved.leftOut.slice(0, mostNamed),
    left_out_count: saved.leftOutCount,
    duration_ms: Math.round(clock.monotonicMs() - startedMs),
  }
}
