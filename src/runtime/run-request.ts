import type { CacheStrategy } from '../domain/cache-strategy.ts'
import type { RunId, SessionId } from '../domain/ids.ts'
import type { UserContent } from '../domain/user-input.ts'
import type { Clock } from '../ports/clock.ts'
import type { InputPriority } from '../ports/inbox.ts'
import type { LeaseOwner } from '../ports/lease.ts'
import type { ModelUpstream, RunPrices } from '../ports/model-gateway.ts'
import type { RetryPolicies } from '../ports/retry-policy.ts'
import type { NewSessionRecord } from '../ports/session-records.ts'
import type { WorkspaceStores } from '../ports/storage.ts'
import type { WorkTrees } from '../ports/work-tree.ts'
import type { CheckpointPlan } from './checkpoints/checkpoint-plan.ts'
import type { AgentDependencies } from './agent-dependencies.ts'
import type { RunBudget } from './metering/run-budget.ts'
import type { CostWatch } from './metering/run-costs.ts'
import type { StartedAgent } from './start-agent.ts'
import type { WorkTreeChoice } from './travel/bring-files.ts'

/** The adapters that a run works with. */
export interface RunDependencies<Options> extends AgentDependencies<Options> {
  readonly stores: WorkspaceStores
  readonly clock: Clock
  readonly leaseOwner: (runId: RunId) => LeaseOwner
  /** What models cost. */
  readonly prices: RunPrices
  readonly workTrees: WorkTrees
}

/** What a run is to do. */
export interface RunRequest<Options> {
  readonly runId: RunId
  readonly sessionId: SessionId
  /** Creates the session when it does not exist yet; null: it must exist. */
  readonly create: NewSessionRecord | null
  readonly workingDirectory: string
  readonly agentOptions: Options
  readonly upstream: ModelUpstream | null
  /** An agent that is up already, started with these same options; only for a session that has said nothing yet. */
  readonly warm: StartedAgent | null
  /** What the user says first, where that is known already: durable before the run shows any sign of life. */
  readonly prompt: RunInput | null
  /** What the user says after that, in order; null: nothing. The run ends when this has ended and all is answered. */
  readonly inputs: AsyncIterable<RunInput> | null
  /** For whom it works; null: for whom the session's last run worked. */
  readonly userId: string | null
  /** The limit of this run alone; the session, its user and its workspace may have theirs. */
  readonly budget: RunBudget | null
  readonly watch: CostWatch
  readonly retries: RetryPolicies
  /** The agent was given another model to turn to. */
  readonly hasFallbackModel: boolean
  /** How the prompt cache is used; null: as the agent asks for it. */
  readonly cache: CacheStrategy | null
  /** Null: the work tree is not saved. */
  readonly checkpoints: CheckpointPlan | null
  readonly workTree: WorkTreeChoice
  readonly approvals: ApprovalPolicy
  /** How long a held call waits for its answer before the run ends with `requires_action`. */
  readonly approvalTimeoutMs: number
  /** A person's word about the tool call for which an earlier run ended with `requires_action`. */
  readonly decision: Decision | null
  readonly timeoutMs: number
  readonly idleTimeoutMs: number
  readonly leaseTtlMs: number
  /** Whether somebody follows the run's events now, and so can hear a question. */
  readonly isFollowed: () => boolean
}

export interface Decision {
  /** Id of the call's event. */
  readonly toolUseEventId: string
  /** Null allows the call. */
  readonly denyMessage: string | null
}

export interface RunInput {
  readonly content: UserContent
  readonly priority: InputPriority
}

/**
 * What happens to a tool call that rules and mode leave open. `wait`: held until `approve` or `deny`.
 * `refuse`: denied at once. `stop`: the run ends with `requires_action`. `auto`: `wait` while somebody
 * follows the events, else `stop`.
 */
export type ApprovalPolicy = 'auto' | 'wait' | 'refuse' | 'stop'
