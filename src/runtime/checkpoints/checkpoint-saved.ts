import { newEventId } from '../../domain/ids.ts'
import type { CheckpointReason } from '../../domain/perdure-event.ts'
import type { DraftOfType } from '../../domain/session-event.ts'
import type { Clock } from '../../ports/clock.ts'
import type { SavedWorkTree, WorkTree } from '../../ports/work-tree.ts'

const longestList = 100

/** The event of a work tree that was saved. */
export async function checkpointSaved(
  tree: Pick<WorkTree, 'changes'>,
  saving: { saved: SavedWorkTree; reason: CheckpointReason; root: string; clock: Clock; startedMs: number },
): Promise<DraftOfType<'perdure.checkpoint_saved'>> {
  const { saved, reason, root, clock, startedMs } = saving
  const { id, parent, leftOut, leftOutCount } = saved
  const { changes, more } =
    parent === null ? { changes: [], more: 0 } : await tree.changes(parent, id, { limit: longestList })
  return {
    id: newEventId(),
    processed_at: clock.now().toISOString(),
    type: 'perdure.checkpoint_saved',
    checkpoint_id: id,
    parent_checkpoint_id: parent,
    reason,
    working_directory: root,
    changes: [...changes],
    more_changes: more,
    left_out: leftOut.slice(0, longestList),
    left_out_count: leftOutCount,
    duration_ms: Math.round(clock.monotonicMs() - startedMs),
  }
}
