import type { CheckpointId } from './checkpoint-id.ts'
import type { StoredError } from './stored-error.ts'
import type { DraftOfType } from './session-event.ts'
import { noUsage, type Usage } from './usage.ts'
import type { GitRestore } from './work-tree.ts'

/**
 * All that can be known of a session from its log: the value of the fold in `step.ts`. Plain data,
 * so that it can be copied, stored and compared.
 */
export interface SessionState {
  readonly lastSequence: number
  readonly status: 'idle' | 'running' | 'rescheduling' | 'terminated'
  /** Why it is idle; null before the first turn and while it runs. */
  readonly stopReason: StopReason | null
  /** The run that has the session now; null when none began or the last one ended. */
  readonly run: { readonly id: string; readonly fence: number } | null
  readonly outcome: DraftOfType<'perdure.run_ended'>['outcome'] | null
  /** The Agent SDK's id of the conversation; changes with `/clear`. */
  readonly agentSessionId: string | null
  readonly model: string | null
  /** For whom the last run worked. */
  readonly userId: string | null
  /** The turn under way, or the last one. */
  readonly turn: TurnState
  readonly turns: number
  /** Model requests that began and have not ended: event id of the start, and its thread. */
  readonly openSpans: Readonly<Record<string, string | null>>
  /** Tool calls without a result, by event id. */
  readonly openTools: Readonly<Record<string, OpenTool>>
  /** Tool calls that wait for a person, by event id, oldest first. */
  readonly awaitingApproval: readonly string[]
  readonly threads: Readonly<Record<string, ThreadState>>
  readonly usage: Usage
  /** What the work tree was last saved as, where the session follows it. */
  readonly checkpointId: CheckpointId | null
  /** What the last run found of it. */
  readonly runCheckpointId: CheckpointId | null
  /** Files that a rewind is to put back and has not: nothing may work in their folder before. */
  readonly unrestored: UnrestoredFiles | null
}

export interface UnrestoredFiles {
  readonly checkpointId: CheckpointId
  readonly safetyCheckpointId: CheckpointId | null
  readonly workingDirectory: string
  readonly git: GitRestore
}

export type StopReason = DraftOfType<'session.status_idle'>['stop_reason']

export interface TurnState {
  /** Complete texts of the main thread since the last user message; the last is the answer. */
  readonly texts: readonly string[]
  readonly structuredOutput?: unknown
  readonly interrupted: boolean
  /** What the wire showed of model requests since the last result, which counts them anew; the end of the run counts the rest. */
  readonly unsettled: Usage
  readonly error: StoredError | null
  readonly usage: Usage
}

export interface OpenTool {
  readonly name: string
  readonly input: Readonly<Record<string, unknown>>
  /** The model's own id of the call, where known. */
  readonly toolUseId: string | null
  /** The call went to an MCP server. */
  readonly isMcp: boolean
  readonly threadId: string | null
}

export interface ThreadState {
  readonly agentName: string
  /** The agent's own id of it, where known. */
  readonly agentId: string | null
  readonly status: 'running' | 'idle' | 'rescheduling' | 'terminated'
}

export const emptyTurn: TurnState = {
  texts: [],
  interrupted: false,
  unsettled: noUsage,
  error: null,
  usage: noUsage,
}

export const initialSessionState: SessionState = {
  lastSequence: 0,
  status: 'idle',
  stopReason: null,
  run: null,
  outcome: null,
  agentSessionId: null,
  model: null,
  userId: null,
  turn: emptyTurn,
  turns: 0,
  openSpans: {},
  openTools: {},
  awaitingApproval: [],
  threads: {},
  usage: noUsage,
  checkpointId: null,
  runCheckpointId: null,
  unrestored: null,
}
