import { checkpointAt } from '../../domain/checkpoint-at.ts'
import type { CheckpointId } from '../../domain/checkpoint-id.ts'
import type { SessionId } from '../../domain/ids.ts'
import type { DraftOfType, LoggedEvent } from '../../domain/session-event.ts'
import type { GitRestore } from '../../domain/work-tree.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { CheckpointRecord, CheckpointStore } from '../../ports/checkpoint-store.ts'
import type { Clock } from '../../ports/clock.ts'
import type { SessionRecord } from '../../ports/session-records.ts'
import type { WorkspaceStores } from '../../ports/storage.ts'
import type { WorkTree, WorkTrees } from '../../ports/work-tree.ts'
import { checkpointSaved, noChanges } from '../checkpoints/checkpoint-saved.ts'

export interface ForkedFiles {
  readonly workingDirectory: string
  /** Says in the fork's log what it begins with. */
  readonly event: DraftOfType<'perdure.checkpoint_saved'>
  /** Makes what it begins with a checkpoint of its own, which outlives its parent. */
  adopt(newId: SessionId): Promise<void>
}

/** Where a fork begins. */
export interface ForkOrigin {
  readonly parent: SessionRecord
  /** The whole log of the parent. */
  readonly events: readonly LoggedEvent[]
  readonly at: number
}

export interface ForkFilesRequest extends ForkOrigin {
  /** Where the fork is to work: empty, or missing. */
  readonly workingDirectory: string
  /** Null: all of a repository, if it was saved. */
  readonly git: GitRestore | null
}

/**
 * Files for a fork as they were at an event of its parent; at the newest event, as they are now.
 * @throws {PerdureError} `checkpoint_not_found`, `checkpoint_invalid`, `checkpoint_failed`, `working_directory_missing`, `storage_failed`.
 */
export async function forkFiles(
  { stores, workTrees, clock }: { stores: WorkspaceStores; workTrees: WorkTrees; clock: Clock },
  { workingDirectory, git, ...origin }: ForkFilesRequest,
): Promise<ForkedFiles> {
  const from = origin.parent.id
  const checkpointId = await sourceOf(workTrees, origin)
  const startedMs = clock.monotonicMs()
  const tree = workTrees.open({ sessionId: from, root: workingDirectory })
  try {
    await (git === null ? restoreWhole(tree, checkpointId) : restoreInto(tree, { checkpointId, git }))
    const saved = { id: checkpointId, isUnchanged: false, parent: null, leftOut: [], leftOutCount: 0 }
    const saving = { saved, changes: noChanges, root: workingDirectory, clock, startedMs }
    const event = checkpointSaved({ ...saving, reason: 'forked' })
    return { workingDirectory, event, adopt: (newId) => adopt(stores.checkpoints, { checkpointId, from, newId }) }
  } finally {
    await tree.close()
  }
}

async function restoreWhole(tree: WorkTree, checkpointId: CheckpointId): Promise<void> {
  try {
    await restoreInto(tree, { checkpointId, git: 'exact' })
  } catch (error) {
    if (!PerdureError.is(error) || error.code !== 'invalid_request') throw error
    await restoreInto(tree, { checkpointId, git: 'keep' })
  }
}

/** There is nothing in the folder that could be elsewhere. */
const restoreInto = async (
  tree: WorkTree,
  { checkpointId, git }: { checkpointId: CheckpointId; git: GitRestore },
): Promise<void> => void (await tree.restore(checkpointId, { parent: null, git, acceptGitWarnings: true }))

async function sourceOf(workTrees: WorkTrees, { parent, events, at }: ForkOrigin): Promise<CheckpointId> {
  const found = checkpointAt(events, at)
  if (at < events.length) {
    if (found !== null) return found.checkpointId
    throw new PerdureError('checkpoint_not_found', `No checkpoint says what the files were at event ${at}.`, {
      hint: "Fork the conversation alone: files: 'shared'.",
    })
  }
  const tree = workTrees.open({ sessionId: parent.id, root: parent.workingDirectory })
  try {
    return (await tree.save({ parent: found?.checkpointId ?? null })).id
  } finally {
    await tree.close()
  }
}

/** The checkpoint and those that it needs, as records of another session; what they hold is shared. */
async function adopt(
  checkpoints: CheckpointStore,
  { checkpointId, from, newId }: { checkpointId: CheckpointId; from: SessionId; newId: SessionId },
): Promise<void> {
  const records: CheckpointRecord[] = []
  for (let next: CheckpointId | undefined = checkpointId; next !== undefined; next = records.at(-1)?.parent) {
    const record = await checkpoints.getRecord(from, next)
    if (record === null) throw new PerdureError('checkpoint_not_found', `The storage has no checkpoint ${next}.`)
    records.push(record)
  }
  for (const record of records.toReversed()) await checkpoints.putRecord(newId, record)
}
