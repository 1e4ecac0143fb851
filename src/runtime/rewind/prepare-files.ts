import { stat } from 'node:fs/promises'
import type { CheckpointAt } from '../../domain/checkpoint-at.ts'
import type { CheckpointId } from '../../domain/checkpoint-id.ts'
import { redactJson } from '../../domain/redaction.ts'
import type { SessionState } from '../../domain/session-state.ts'
import type { GitRestore } from '../../domain/work-tree.ts'
import type { Clock } from '../../ports/clock.ts'
import type { SessionRecord } from '../../ports/session-records.ts'
import type { WorkspaceStores } from '../../ports/storage.ts'
import type { WorkTrees } from '../../ports/work-tree.ts'
import { changesOf, checkpointSaved } from '../checkpoints/checkpoint-saved.ts'

export interface PreparedFiles {
  readonly at: CheckpointAt
  /** The files as they are now. */
  readonly safety: CheckpointId
  /** Where they are. */
  readonly root: string
}

export interface PrepareFilesRequest {
  readonly at: CheckpointAt
  readonly record: SessionRecord
  readonly state: SessionState
  readonly fence: number
  readonly git: GitRestore
  readonly acceptGitWarnings: boolean
}

/**
 * All that can fail before a rewind counts: the files as they are now are saved, those of the target are brought here,
 * and it is found out what keeps them from being restored. No file is touched.
 */
export async function prepareFiles(
  { stores, workTrees, clock }: { stores: WorkspaceStores; workTrees: WorkTrees; clock: Clock },
  { at, record, state, fence, git, acceptGitWarnings }: PrepareFilesRequest,
): Promise<PreparedFiles> {
  const root = await placeOf(at, record)
  const tree = workTrees.open({ sessionId: record.id, root })
  try {
    const startedMs = clock.monotonicMs()
    const saved = await tree.rehearse(at.checkpointId, { parent: state.checkpointId, git, acceptGitWarnings })
    if (!saved.isUnchanged) {
      const changes = await changesOf(tree, saved)
      const event = checkpointSaved({ saved, changes, reason: 'before_rewind', root, clock, startedMs })
      await stores.events.append(record.id, redactJson([event]), { fence })
    }
    return { at, safety: saved.id, root }
  } finally {
    await tree.close()
  }
}

/** Where the files were then, if there is such a folder on this machine; else where the session works now. */
async function placeOf({ workingDirectory }: CheckpointAt, record: SessionRecord): Promise<string> {
  const wasHere = workingDirectory === record.workingDirectory || (await isFolder(workingDirectory))
  return wasHere ? workingDirectory : record.workingDirectory
}

export const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
