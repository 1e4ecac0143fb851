import { newEventId, type SessionId } from '../../domain/ids.ts'
import { redactJson } from '../../domain/redaction.ts'
import type { EventDraft, LoggedEvent } from '../../domain/session-event.ts'
import type { SessionState, UnrestoredFiles } from '../../domain/session-state.ts'
import { fold } from '../../domain/step.ts'
import type { Clock } from '../../ports/clock.ts'
import type { WorkspaceStores } from '../../ports/storage.ts'
import type { RestoredWorkTree, WorkTrees } from '../../ports/work-tree.ts'
import { mostNamed } from '../checkpoints/checkpoint-saved.ts'
import { isFolder } from './prepare-files.ts'

/**
 * What a process left undone that rewound the session and died in the middle. Called under the lease, before anything else
 * works in the folder. Resolves to the state that follows.
 */
export async function finishRewind(
  dependencies: RestoreDependencies,
  { state, workingDirectory, ...session }: Lessee & { state: SessionState; workingDirectory: string },
): Promise<SessionState> {
  const { unrestored } = state
  if (unrestored === null) return state
  // On another machine the session works elsewhere.
  const place = (await isFolder(unrestored.workingDirectory)) ? {} : { workingDirectory }
  const { event } = await restoreFiles(dependencies, { ...session, files: { ...unrestored, ...place } })
  return fold([event], state)
}

interface RestoreDependencies {
  readonly stores: Pick<WorkspaceStores, 'events'>
  readonly workTrees: WorkTrees
  readonly clock: Clock
}

interface Lessee {
  readonly sessionId: SessionId
  readonly fence: number
}

/**
 * Does what a rewind in the log promised of the files, and says so.
 * @throws {PerdureError} `checkpoint_not_found`, `checkpoint_invalid`, `checkpoint_failed`, `storage_failed`, `lease_lost`.
 */
export async function restoreFiles(
  { stores, workTrees, clock }: RestoreDependencies,
  { sessionId, fence, files }: Lessee & { files: UnrestoredFiles },
): Promise<RestoredWorkTree & { readonly event: LoggedEvent }> {
  const { checkpointId, safetyCheckpointId: parent, workingDirectory: root, git } = files
  const tree = workTrees.open({ sessionId, root })
  try {
    // Whoever rewound it was asked, or there was nothing to ask.
    const restored = await tree.restore(checkpointId, { parent, git, acceptGitWarnings: true })
    const leftAlone = restored.leftAlone.slice(0, mostNamed)
    const [event] = await stores.events.append(
      sessionId,
      redactJson<EventDraft[]>([
        {
          id: newEventId(),
          processed_at: clock.now().toISOString(),
          type: 'perdure.files_restored',
          checkpoint_id: checkpointId,
          working_directory: root,
          changes: restored.changes,
          left_alone: leftAlone.map(({ path, reason }) => ({ path, reason })),
        },
      ]),
      { fence },
    )
    return { ...restored, event: event! }
  } finally {
    await tree.close()
  }
}
