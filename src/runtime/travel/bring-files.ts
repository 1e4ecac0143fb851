import { readdir } from 'node:fs/promises'
import type { CheckpointId } from '../../domain/checkpoint-id.ts'
import type { SessionId } from '../../domain/ids.ts'
import type { SessionState, UnrestoredFiles } from '../../domain/session-state.ts'
import { fold } from '../../domain/step.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { Clock } from '../../ports/clock.ts'
import type { WorkspaceStores } from '../../ports/storage.ts'
import type { WorkTrees } from '../../ports/work-tree.ts'
import { restoreFiles } from '../rewind/restore-files.ts'

/**
 * What becomes of the folder of a session that is taken up. `auto`: where there is nothing, on another machine or since the
 * folder was lost, the files are restored as they were last saved; what is there is left alone. `restore`: they are restored
 * whatever is there, which is saved before. `keep`: nothing is touched.
 */
export type WorkTreeChoice = 'auto' | 'restore' | 'keep'

interface RestoreDependencies {
  readonly stores: Pick<WorkspaceStores, 'events'>
  readonly workTrees: WorkTrees
  readonly clock: Clock
}

export interface BringFilesRequest {
  readonly sessionId: SessionId
  readonly fence: number
  readonly state: SessionState
  readonly workingDirectory: string
  readonly workTree: WorkTreeChoice
}

/**
 * Restores the files of a session that is taken up on this machine, where that is wanted and they were ever saved. Called
 * under the lease, before anything works in the folder. Resolves to the state that follows.
 * @throws {PerdureError} `checkpoint_not_found`, `checkpoint_invalid`, `checkpoint_failed`, `storage_failed`, `lease_lost`.
 */
export async function bringFiles(
  dependencies: RestoreDependencies,
  { state, workTree, ...session }: BringFilesRequest,
): Promise<SessionState> {
  const { checkpointId } = state
  if (checkpointId === null || !(await mayBringFiles({ ...session, workTree }))) return state
  const found = await contentsOf(session.workingDirectory)
  if (found === 'nothing' && (await wasEmpty(dependencies, { ...session, checkpointId }))) return state
  const files = { checkpointId, safetyCheckpointId: checkpointId, workingDirectory: session.workingDirectory }
  const { event } =
    found === 'something'
      ? await restoreFiles(dependencies, { ...session, files: { ...files, git: 'keep' } })
      : await restoreWithRepositories(dependencies, { ...session, files })
  return fold([event], state)
}

/** Where nothing is, repositories come back as well, if they were saved. */
async function restoreWithRepositories(
  dependencies: RestoreDependencies,
  { files, ...session }: { sessionId: SessionId; fence: number; files: Omit<UnrestoredFiles, 'git'> },
) {
  try {
    return await restoreFiles(dependencies, { ...session, files: { ...files, git: 'exact' } })
  } catch (error) {
    if (!PerdureError.is(error) || error.code !== 'invalid_request') throw error
    return restoreFiles(dependencies, { ...session, files: { ...files, git: 'keep' } })
  }
}

/** The files were saved when there were none. */
async function wasEmpty(
  { workTrees }: RestoreDependencies,
  { sessionId, workingDirectory: root, checkpointId }: SavedPlace,
): Promise<boolean> {
  const tree = workTrees.open({ sessionId, root })
  try {
    const now = await tree.rehearse(checkpointId, { parent: checkpointId, git: 'keep', acceptGitWarnings: true })
    return now.isUnchanged
  } finally {
    await tree.close()
  }
}

interface SavedPlace {
  readonly sessionId: SessionId
  readonly workingDirectory: string
  readonly checkpointId: CheckpointId
}

/** Whether files would be restored, if there are any to restore. */
export const mayBringFiles = async ({
  workTree,
  workingDirectory,
}: Pick<BringFilesRequest, 'workTree' | 'workingDirectory'>): Promise<boolean> =>
  workTree === 'restore' || (workTree === 'auto' && (await contentsOf(workingDirectory)) !== 'something')

const contentsOf = (folder: string): Promise<'something' | 'nothing' | 'no_folder'> =>
  readdir(folder).then(
    (names) => (names.length === 0 ? 'nothing' : 'something'),
    (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? 'no_folder' : 'something'),
  )
