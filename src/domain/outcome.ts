import type { CheckpointId } from './checkpoint-id.ts'
import type { NextStep } from './next-step.ts'
import type { RunId, SessionId } from './ids.ts'
import type { StoredError } from './stored-error.ts'
import type { UsageReport } from './usage.ts'
import type { FileChange } from './work-tree.ts'

/** How a run ended. Failure is a normal answer here: nothing of what was reached is thrown away. */
export type RunOutcome =
  | CompletedOutcome
  | RequiresActionOutcome
  | BudgetReachedOutcome
  | FailedOutcome
  | CancelledOutcome

/** A PerdureError: `PerdureError.is` narrows it to the closed set of codes. */
export type OutcomeError = Error & StoredError

interface Reached {
  readonly sessionId: SessionId
  readonly runId: RunId
  /** The agent's last complete text in the last turn; empty when there was none. */
  readonly text: string
  /** The validated object, when `outputFormat` was asked for. */
  readonly structuredOutput?: unknown
  /** Tokens and cost of this run, sub-agents included. */
  readonly usage: UsageReport
  readonly costUsd: number
  /** Turns that this run finished. */
  readonly turns: number
  readonly durationMs: number
  /** Files that differ from what the run found, at most a hundred. None where checkpoints are off. */
  readonly filesChanged: readonly FileChange[]
  /** How many more there are. */
  readonly moreFilesChanged: number
  /** What the work tree was saved as last; null where it never was. */
  readonly checkpointId: CheckpointId | null
  /** What to do now. */
  readonly next: NextStep
  /** The session's newest event; a reader that knows it can go on from there. */
  readonly lastSequence: number
}

/** The agent answered. */
export interface CompletedOutcome extends Reached {
  readonly status: 'completed'
}

/** Tool calls wait for a person, and nobody was there to ask. Resume the session with the answers. */
export interface RequiresActionOutcome extends Reached {
  readonly status: 'requires_action'
  readonly pending: readonly PendingApproval[]
}

export interface PendingApproval {
  /** Id of the `agent.tool_use` event. */
  readonly id: string
  readonly toolName: string
  readonly input: Readonly<Record<string, unknown>>
}

export interface BudgetReachedOutcome extends Reached {
  readonly status: 'budget_reached'
  readonly error: OutcomeError
}

export interface FailedOutcome extends Reached {
  readonly status: 'failed'
  readonly error: OutcomeError
}

/** Interrupted or aborted by the caller. The session is kept and can be resumed. */
export interface CancelledOutcome extends Reached {
  readonly status: 'cancelled'
  readonly error: OutcomeError
}
