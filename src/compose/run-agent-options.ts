import type { ClaudeAgentOptions } from '../agents/claude/claude-agent-options.ts'
import type { PriceOverrides } from '../domain/prices/override-prices.ts'
import type { UserContent } from '../domain/user-input.ts'
import type { Script } from '../gateway/upstreams/script/script.ts'
import type { InputPriority } from '../ports/inbox.ts'
import type { ModelUpstream } from '../ports/model-gateway.ts'
import type { StorageSource } from '../ports/storage.ts'
import type { CostUpdate } from '../runtime/metering/run-meter.ts'
import type { ModelMetrics } from '../runtime/metering/stream-metrics.ts'
import type { ApprovalPolicy } from '../runtime/run-request.ts'
import type { WorkTreeChoice } from '../runtime/travel/bring-files.ts'
import type { RecordOptions, ReplayOptions } from './cassette-options.ts'
import type { BudgetOptions } from './budget-options.ts'
import type { CacheOptions } from './cache-options.ts'
import type { CheckpointOptions } from './checkpoint-options.ts'
import type { OnRetry, RetryOptions } from './retry-options.ts'

/** A message to the agent: text, content blocks, or either with its priority. */
export type UserMessageInput = string | UserContent | { content: string | UserContent; priority?: InputPriority }

/** What Perdure itself understands; everything else of {@link RunAgentOptions} goes to the agent. */
export interface PerdureRunOptions {
  /**
   * What the user says. A stream of messages keeps the run open until it ends. May be left out when
   * messages wait in the session's inbox, or when its last turn was cut: then the agent is told to continue.
   */
  prompt?: string | UserContent | AsyncIterable<UserMessageInput>
  /** Where the agent works. Default: the current folder. */
  cwd?: string
  /** Goes on with this session. Without it, a new session begins. */
  sessionId?: string
  /** With `sessionId`: leaves that session as it is and goes on in a copy of it. */
  fork?: boolean
  /** Name of a new session. */
  title?: string
  /** Labels of a new session, to find it by. */
  tags?: readonly string[]
  metadata?: Readonly<Record<string, string>>
  /** Seconds after the last change at which a new session expires. Default: never. */
  ttl?: number
  /** Where sessions are kept. Default: SQLite in the data directory. */
  storage?: StorageSource
  /** Default: `PERDURE_DATA_DIR`, else the nearest `.perdure` folder upwards, else `.perdure` here. */
  dataDirectory?: string
  /** Who plays the model, instead of the Anthropic API: for example `scriptedModel(…)` of `perdure/testing`. */
  upstream?: ModelUpstream | undefined
  /** A script that plays the model: its file, or the script itself. */
  script?: string | Script | undefined
  /** Takes the model traffic of this run down in a cassette: its folder. */
  record?: string | RecordOptions
  /** Plays a recorded run instead of a model: same requests get the same answers, another one fails with `replay_diverged`. */
  replay?: string | ReplayOptions
  /**
   * Whether the claude.ai login of this machine may serve where there is no key. It belongs to a person and to that
   * person's own runs: servers say no. Default: yes, unless a tenant is named.
   */
  allowLogin?: boolean
  /** What happens to tool calls that rules and mode leave open. Default `auto`: held while somebody follows the events. */
  approvals?: ApprovalPolicy
  /**
   * How long a held call waits for its answer, in milliseconds, before the run ends with `requires_action`; another
   * run can answer it then. Default: 10 minutes, and without end where `approvals` is `wait`.
   */
  approvalTimeoutMs?: number
  /**
   * With `sessionId`, instead of a prompt: a person's word about the tool call for which an earlier run
   * ended with `requires_action`. The call runs, or is refused, and the turn goes on. Other calls of the same
   * answer that have no result yet are withdrawn; the model may make them again.
   */
  decision?: {
    /** From `pending` of the outcome, or `awaitingApproval` of the session's state. */
    toolUseId: string
    result: 'allow' | 'deny'
    /** What the agent is told with `deny`. */
    message?: string
  }
  /** For whom it works: the run's costs count for this user. A session's later runs work for the same one. */
  userId?: string
  /** What the run may cost; the session, its user and its workspace may have budgets of their own (`setBudget`). */
  budget?: BudgetOptions | undefined
  /** How the prompt cache is used: how long entries live, by role, and whether they are kept warm. */
  cache?: CacheOptions | undefined
  /** What models cost you, where that is not the public list: rows by model, a factor, or a JSON file with either. */
  prices?: PriceOverrides | string | undefined
  /** Hears what the run has cost so far, in US dollars, after each model call. */
  onCostUpdate?: ((costUsd: number, update: CostUpdate) => void) | undefined
  /** Hears tokens, cost, time to the first token and tokens per second of each model call, while it streams. */
  onMetrics?: ((metrics: ModelMetrics) => void) | undefined
  /**
   * How failures that may pass by themselves are tried again: model requests by default up to four times with
   * growing delays, as long as nothing of an answer has reached the agent. One policy for model requests, or one
   * for each kind of operation.
   */
  retryPolicy?: RetryOptions | undefined
  /** Hears of each failure after which is tried again. What it throws is only warned of. */
  onRetry?: OnRetry | undefined
  /**
   * Whether the agent's folder is saved, as the run finds it and after every turn, so that the session can be rewound,
   * forked and resumed elsewhere with its files. Default: `turn`.
   */
  checkpoints?: 'turn' | 'off' | CheckpointOptions | undefined
  /**
   * With `sessionId`: what becomes of the agent's folder. `auto`: where it is missing or empty, as on another machine, the
   * files are restored as they were last saved; what is there is left alone. `restore`: they are restored in any case; what
   * was there is saved before. `keep`: nothing is touched. Default: `auto`.
   */
  workTree?: WorkTreeChoice | undefined
  /** Longest time from start to end, in milliseconds. Default: 6 hours. */
  timeoutMs?: number
  /** Longest silence of a working agent, in milliseconds. Default: 15 minutes. */
  idleTimeoutMs?: number
  /** Aborts the run. A reason that is a PerdureError becomes the error of its outcome. */
  signal?: AbortSignal
  /** Tenant. Default: `default`. */
  organizationId?: string
  /** Tenant's space. Default: `default`. */
  workspaceId?: string
}

/** Options of {@link runAgent}: Perdure's own, and all of the Agent SDK's that Perdure does not set itself. */
export type RunAgentOptions = PerdureRunOptions & Omit<ClaudeAgentOptions, keyof PerdureRunOptions>
