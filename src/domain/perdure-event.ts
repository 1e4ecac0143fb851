import type { BudgetScope, BudgetWindow } from './budget.ts'
import type { CheckpointId } from './checkpoint-id.ts'
import type { StoredError } from './stored-error.ts'
import type { FileChange, GitRestore, LeftOut } from './work-tree.ts'

/** Events of our own: only for what the Managed Agents vocabulary has no word for. */
export type PerdureEvent =
  | RunStarted
  | RunEnded
  | AgentStarted
  | TurnEnded
  | BudgetThresholdCrossed
  | CostDifference
  | HarnessMessage
  | LocalOutput
  | PermissionDenied
  | ModelFallback
  | SessionForked
  | SessionRewound
  | FilesRestored
  | CheckpointSaved
  | CheckpointFailed
  | ToolResultsUnknown
  | AgentNotice

interface OwnEvent {
  id: string
  processed_at: string
}

/** A machine took the session up. */
export interface RunStarted extends OwnEvent {
  type: 'perdure.run_started'
  run_id: string
  agent: string
  /** Who plays the model: `anthropic`, `script`. */
  upstream: string
  working_directory: string
  model: string | null
  /** Fencing token of the lease under which the run writes. */
  fence: number
  /** For whom the run works; its costs count for this user. */
  user_id?: string | null
}

/** The run is over, and how. */
export interface RunEnded extends OwnEvent {
  type: 'perdure.run_ended'
  run_id: string
  outcome: 'completed' | 'requires_action' | 'budget_reached' | 'failed' | 'cancelled'
  error: StoredError | null
  /** What the run cost beyond its turns' own costs: model calls that were cut, or that no turn counted. */
  unsettled_cost_nano_usd?: string
}

/** The agent's process is up and says what it has. Repeated at every turn. */
export interface AgentStarted extends OwnEvent {
  type: 'perdure.agent_started'
  /** The Agent SDK's own session id; a session may hold several (`/clear`, fork). */
  agent_session_id: string
  model: string
  version: string
  permission_mode: string
  tools: string[]
  mcp_servers: { name: string; status: string }[]
  slash_commands: string[]
  skills: string[]
  plugins: string[]
}

/** One result of the agent: what the turn cost and how it ended. */
export interface TurnEnded extends OwnEvent {
  type: 'perdure.turn_ended'
  /** Why the turn failed; null when it went well. */
  error: StoredError | null
  /** The agent's own words for how it ended. */
  subtype: string
  terminal_reason: string | null
  /** Cost of this turn alone, sub-agents included, in nano-dollars. */
  cost_nano_usd: string
  /** Who counted it: the gateway on the wire, or, where it knows no price, the agent. */
  cost_source?: 'gateway' | 'agent'
  /** By model, as the agent counts it. */
  model_usage: Record<string, TurnModelUsage>
  model_requests: number
  duration_ms: number
  structured_output?: unknown
  permission_denials: number
  /** `sdk_uuid` of each message that it took in; without them, it was all that had been said. */
  input_uuids?: string[]
}

export interface TurnModelUsage {
  input_tokens: number
  output_tokens: number
  cache_read_input_tokens: number
  cache_creation_input_tokens: number
  cost_nano_usd: string
}

/** Spending passed a share of a budget; 1 is the limit itself. */
export interface BudgetThresholdCrossed extends OwnEvent {
  type: 'perdure.budget_threshold'
  scope: BudgetScope
  /** Id of the run, session, user, workspace or organization whose budget it is. */
  scope_id: string
  window: BudgetWindow
  mode: 'hard' | 'soft'
  threshold: number
  limit_nano_usd: string
  /** Spent in the window, with what is presumed. */
  spent_nano_usd: string
}

/** At the end of a run the gateway's count and the agent's own differ. The gateway's is the one that counts. */
export interface CostDifference extends OwnEvent {
  type: 'perdure.cost_difference'
  run_id: string
  gateway: CountedUsage
  agent: CountedUsage
}

export interface CountedUsage {
  cost_nano_usd: string
  input_tokens: number
  output_tokens: number
  cache_read_input_tokens: number
  cache_creation_input_tokens: number
}

/** A message that the agent's harness put into the conversation by itself. */
export interface HarnessMessage extends OwnEvent {
  type: 'perdure.harness_message'
  text: string
}

/** Output of a command that never reached the model, such as `/cost`. */
export interface LocalOutput extends OwnEvent {
  type: 'perdure.local_output'
  text: string
}

/** A tool call was refused by a rule, a mode, or for want of anyone to ask. */
export interface PermissionDenied extends OwnEvent {
  type: 'perdure.permission_denied'
  /** Id of the `agent.tool_use` event where it is known. */
  tool_use_event_id: string | null
  tool_name: string
  message: string
}

export interface ModelFallback extends OwnEvent {
  type: 'perdure.model_fallback'
  from_model: string
  to_model: string
  trigger: string
}

/** First event of a fork: its history up to there is its parent's. */
export interface SessionForked extends OwnEvent {
  type: 'perdure.session_forked'
  from_session_id: string
  at_sequence: number
  /** The copy of the conversation that it was born with; null where nothing had been said. */
  agent_session_id?: string | null
}

/**
 * The session goes on from an earlier event of its own: what came after it is not erased, but stands on a branch that was
 * left. May itself be rewound. It counts once it stands in the log, before the files are put back; `perdure.files_restored`
 * says that they were.
 */
export interface SessionRewound extends OwnEvent {
  type: 'perdure.session_rewound'
  /** The newest event that the session still follows; 0 for its beginning. */
  to_sequence: number
  /** The conversation as it was then, a copy; a new one where nothing had been said. */
  agent_session_id: string
  /** What the work tree is to be; null when the files were left as they were. */
  checkpoint_id: CheckpointId | null
  /** What the work tree was before; null when the files were left as they were. */
  safety_checkpoint_id: CheckpointId | null
  /** Where the files are. */
  working_directory: string
  /** What happens to repositories among them. */
  git: GitRestore
  conversation: RewoundConversation
}

/** How the conversation stood at the event that the session went back to. Written down, so that no reader need look for it. */
export interface RewoundConversation {
  /** Texts of the turn that was the last one then. */
  texts: string[]
  /** Tool calls that wait for a person again, by the id of their event; the oldest first. */
  waiting_calls: Record<string, RewoundCall>
  /** Sub-agents that were there. */
  thread_ids: string[]
  /** Ids of messages that nothing had followed: the next run says them again. */
  unanswered_ids: string[]
}

export interface RewoundCall {
  name: string
  input: Record<string, unknown>
  tool_use_id: string | null
  is_mcp: boolean
}

/** What a rewind promised of the files is done, or they were brought where the session was taken up. */
export interface FilesRestored extends OwnEvent {
  type: 'perdure.files_restored'
  checkpoint_id: CheckpointId
  /** Where they are now. Logs of earlier versions lack it. */
  working_directory?: string
  /** How many files were touched. */
  changes: number
  /** Paths that stayed as they are, at most a hundred: no checkpoint holds what is there. */
  left_alone: { path: string; reason: string }[]
}

/** The work tree was saved, and the storage of the session has it. */
export interface CheckpointSaved extends OwnEvent {
  type: 'perdure.checkpoint_saved'
  checkpoint_id: CheckpointId
  /** The checkpoint of this session before it; null for its first. */
  parent_checkpoint_id: CheckpointId | null
  reason: CheckpointReason
  working_directory: string
  /** What changed since the checkpoint before it, at most a hundred files, and how many more. */
  changes: FileChange[]
  more_changes: number
  /** What it does not hold, at most a hundred paths, and how many there are in all. */
  left_out: LeftOut[]
  left_out_count: number
  duration_ms: number
}

/**
 * `run_started`: what the agent found. `before_tool`: an agent was about to do something risky. `run_ended`: the run was
 * cut. `forked`: what a fork has of its parent's files.
 */
export type CheckpointReason =
  | 'run_started'
  | 'turn_ended'
  | 'run_ended'
  | 'before_tool'
  | 'before_rewind'
  | 'forked'
  | 'requested'

/** The work tree could not be saved; the conversation goes on, and cannot be rewound with its files to here. */
export interface CheckpointFailed extends OwnEvent {
  type: 'perdure.checkpoint_failed'
  reason: CheckpointReason
  working_directory: string
  error: StoredError
}

/** A run ended by force or died: these calls may or may not have happened, and are not repeated by us. */
export interface ToolResultsUnknown extends OwnEvent {
  type: 'perdure.tool_results_unknown'
  tool_use_event_ids: string[]
}

/** Anything else the agent said, kept whole. */
export interface AgentNotice extends OwnEvent {
  type: 'perdure.agent_notice'
  name: string
  payload: Record<string, unknown>
}
