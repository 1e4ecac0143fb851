import type { SessionId } from '../../domain/ids.ts'
import type { EventDraft } from '../../domain/session-event.ts'
import type { SessionState } from '../../domain/session-state.ts'
import { redactJson } from '../../domain/redaction.ts'
import { fold } from '../../domain/step.ts'
import type { Clock } from '../../ports/clock.ts'
import type { WorkspaceStores } from '../../ports/storage.ts'
import type { WorkTrees } from '../../ports/work-tree.ts'
import { createOwnEvents } from '../own-events.ts'
import { RunCheckpoints } from './run-checkpoints.ts'

export interface LeftFiles {
  readonly sessionId: SessionId
  readonly fence: number
  readonly workingDirectory: string
  readonly state: SessionState
}

/**
 * Saves the work tree as a run left it that died, in the way it was saved before; does nothing for a session whose files
 * are not saved. Called under the lease. Resolves to the state that follows.
 * @throws {PerdureError} `lease_lost`, `storage_failed`, when the log could not be written.
 */
export async function saveLeftFiles(
  { stores, workTrees, clock }: { stores: Pick<WorkspaceStores, 'events'>; workTrees: WorkTrees; clock: Clock },
  { sessionId, fence, workingDirectory, state }: LeftFiles,
): Promise<SessionState> {
  if (state.checkpointId === null) return state
  const tree = workTrees.open({ sessionId, root: workingDirectory })
  const own = createOwnEvents(clock)
  const checkpoints = new RunCheckpoints({ tree, plan: null, workingDirectory, own, clock })
  const drafts: EventDraft[] = []
  checkpoints.follow(state)
  checkpoints.writeTo({ push: (event) => void drafts.push(event), flushed: () => Promise.resolve() })
  try {
    await checkpoints.save('run_ended')
  } finally {
    checkpoints.close()
  }
  return drafts.length === 0 ? state : fold(await stores.events.append(sessionId, redactJson(drafts), { fence }), state)
}
