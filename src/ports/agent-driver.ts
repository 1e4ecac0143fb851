import type { UserContent } from '../domain/user-input.ts'
import type { AgentReport } from './agent-report.ts'
import type { InputPriority } from './inbox.ts'
import type { GatewayRun } from './model-gateway.ts'
import type { RecordedTools } from './recorded-tools.ts'
import type { Sandbox } from './sandbox.ts'
import type { TranscriptEntry, TranscriptKey, TranscriptStore } from './transcript-store.ts'

/** Drives one kind of agent: starts its process, feeds it, and says in neutral words what it does. */
export interface AgentDriver<Options> {
  readonly name: string
  /**
   * Refuses bad options before anything starts.
   * @throws {PerdureError} `invalid_request`, `option_not_supported`, `agent_binary_missing`.
   */
  validate(options: Options): void
  /** Starts the agent's process; a failure to start arrives through the reports. */
  start(request: AgentStartRequest<Options>): AgentProcess
  /**
   * Copies a conversation within the store, whole or up to and including one message, so that it can
   * go on apart. Resolves to the copy's agent session id.
   * @throws {PerdureError} `session_not_found` when there is no such conversation or message.
   */
  forkConversation(request: ForkConversationRequest): Promise<string>
  /**
   * Makes an agent that resumes this conversation ask about a tool call again, which an earlier run held
   * for a person when it ended.
   * @throws {PerdureError} `session_not_found` when the transcript does not hold the call.
   */
  reopenToolCall(request: ReopenToolCallRequest): Promise<void>
  /**
   * Writes results of tool calls into a transcript that holds the calls and was cut before their results,
   * so that an agent that resumes it knows them. What the transcript holds already stays as it is.
   */
  completeToolCalls(request: CompleteToolCallsRequest): Promise<void>
  /** Ids of the inputs that a transcript holds: what an agent that resumes it need not be told again. */
  inputsIn(transcript: readonly TranscriptEntry[]): ReadonlySet<string>
}

export interface ReopenToolCallRequest {
  readonly transcripts: RunTranscripts
  readonly agentSessionId: string
  /** The model's own id of the call. */
  readonly toolUseId: string
}

export interface CompleteToolCallsRequest {
  readonly transcripts: RunTranscripts
  readonly agentSessionId: string
  readonly results: readonly KnownToolResult[]
}

/** What became of a tool call on the main thread. */
export interface KnownToolResult {
  /** The model's own id of the call. */
  readonly toolUseId: string
  /** Id of the result in the transcript, where the agent gave it one. */
  readonly uuid: string | undefined
  readonly content: readonly unknown[]
  readonly isError: boolean
}

export interface ForkConversationRequest {
  readonly transcripts: TranscriptStore
  readonly agentSessionId: string
  /** Id of a message in the transcript; the newest when left out. */
  readonly upToUuid?: string
}

export interface AgentStartRequest<Options> {
  readonly options: Options
  readonly workingDirectory: string
  readonly sandbox: Sandbox
  /** Where the agent finds its model; null: the agent's own environment decides, without our gateway. */
  readonly gateway: Pick<GatewayRun, 'baseUrl' | 'token' | 'socketPath' | 'betas'> | null
  readonly conversation: AgentConversation
  readonly transcripts: RunTranscripts
  /** A private folder for the agent's own files, ours to delete. */
  readonly configDirectory: string
  /** Asked for every tool call that rules and mode leave open. */
  readonly askPermission: (question: PermissionQuestion) => Promise<PermissionAnswer>
  /**
   * In a replay that may touch nothing: no tool works, no process is started beside the agent, and every
   * call has the result of the recording. A call that the recording does not hold ends the agent with
   * `replay_diverged`.
   */
  readonly recordedTools?: RecordedTools | null
}

/** The transcripts as one run may use them: what it appends is written under its session's lease. */
export interface RunTranscripts extends Pick<TranscriptStore, 'load' | 'listSubpaths'> {
  /** @throws {PerdureError} `lease_lost`, `session_not_found`. */
  append(key: TranscriptKey, entries: readonly TranscriptEntry[]): Promise<void>
}

/** The conversation to work in. `agentSessionId` is the Agent SDK's session id, a UUID chosen by us. */
export type AgentConversation =
  | { readonly kind: 'new'; readonly agentSessionId: string }
  | { readonly kind: 'resume'; readonly agentSessionId: string }
  | { readonly kind: 'fork'; readonly from: string; readonly agentSessionId: string; readonly atUuid?: string }

export interface AgentProcess {
  /**
   * Ends when the agent is gone and all it said was delivered.
   * Throws a PerdureError (`agent_start_failed`, `agent_exited`, `transcript_lost`, …) when it did not end well.
   */
  readonly reports: AsyncIterable<AgentReport>
  /** Resolves when the process can take input, or has ended. */
  readonly ready: Promise<void>
  /** Resolves when nothing of the process is left. */
  readonly ended: Promise<void>
  send(input: AgentInput): void
  /** No more input: the agent ends after its last turn. */
  endInput(): void
  /** Ends the running turn; resolves to the ids of inputs that still wait in the agent. */
  interrupt(): Promise<readonly string[]>
  /** Ends the process, kindly and then by force; resolves when nothing of it is left. */
  stop(): Promise<void>
}

export interface AgentInput {
  /** A UUID; the reports name the input by it. */
  readonly uuid: string
  readonly content: UserContent
  readonly priority: InputPriority
}

export interface PermissionQuestion {
  readonly toolUseId: string
  readonly toolName: string
  readonly input: Readonly<Record<string, unknown>>
  readonly thread: string | null
  /** Why the agent asks, in words for a person, where it says so. */
  readonly reason: string | null
  readonly signal: AbortSignal
}

export type PermissionAnswer =
  | { readonly result: 'allow'; readonly updatedInput?: Readonly<Record<string, unknown>> }
  | { readonly result: 'deny'; readonly message: string; readonly interrupt?: boolean }
