import type { CheckpointId } from '../domain/checkpoint-id.ts'
import { nextStepOf, type NextStep } from '../domain/next-step.ts'
import type { RunOutcome } from '../domain/outcome.ts'
import type { LoggedEvent } from '../domain/session-event.ts'
import { fold } from '../domain/step.ts'
import type { FileChange } from '../domain/work-tree.ts'
import type { SessionRecord } from '../ports/session-records.ts'
import { mostNamed } from '../runtime/checkpoints/checkpoint-saved.ts'
import type { OpenWorkspace } from './open-workspace.ts'

/** What the last run of a session has come to, whatever became of the process that drove it. */
export interface Reached {
  /** How the run ended. `running`: it has not. `died`: nobody drives it, and it has no end. `new`: there was none. */
  readonly status: RunOutcome['status'] | 'running' | 'died' | 'new'
  /** The last complete text; empty when there was none. */
  readonly text: string
  /** Files that differ from what the run found, at most a hundred, as far as they were saved. */
  readonly filesChanged: readonly FileChange[]
  readonly moreFilesChanged: number
  /** What the work tree was saved as last; null where it never was. */
  readonly checkpointId: CheckpointId | null
  /** What to do now. */
  readonly next: NextStep
}

/** @throws {PerdureError} `storage_failed`, `checkpoint_invalid`. */
export async function reachedBy(
  { stores, workTrees }: Pick<OpenWorkspace, 'stores' | 'workTrees'>,
  { record, events }: { record: SessionRecord; events: readonly LoggedEvent[] },
): Promise<Reached> {
  const { run, outcome, turn, checkpointId, runCheckpointId } = fold(events)
  const isDriven = run !== null && (await stores.leases.holder(record.id)) !== null
  const status = outcome ?? (run === null ? 'new' : isDriven ? 'running' : 'died')
  const { changes, more } =
    checkpointId === null || runCheckpointId === null
      ? { changes: [], more: 0 }
      : await workTrees
          .open({ sessionId: record.id, root: record.workingDirectory })
          .changes(runCheckpointId, checkpointId, { limit: mostNamed })
  const ended = events.findLast((event) => event.type === 'perdure.run_ended')
  return {
    status,
    text: turn.texts.at(-1) ?? '',
    filesChanged: changes,
    moreFilesChanged: more,
    checkpointId,
    next: nextStepOf(status, ended?.error ?? null),
  }
}
