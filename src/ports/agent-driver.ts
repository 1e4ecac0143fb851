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
   * go on apart. A call whose result would be missing is left out, with what follows it; so is what the user
   * said last, where the copy ends before the conversation does. Null when nothing remains.
   * @throws {PerdureError} `session_not_found` when there is no such conversation or message.
   */
  forkConversation(request: ForkConversationRequest): Promise<ForkedConversation | null>
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
  readonly transcripts: RunTranscripts
  readonly agentSessionId: string
  /** Id of a message in the transcript; the newest when left out. */
  readonly upToUuid?: string
  /** The model's own ids of calls that may stay without a result, since they wait for a person. */
  readonly heldCalls?: readonly string[]
}

/** A copy of a conversation. */
export interface ForkedConversation {
  readonly agentSessionId: string
  /** Ids, in what was copied, of the inputs that the copy holds. */
  readonly inputs: ReadonlySet<string>
  /** The model's own ids of its calls that have no result. */
  readonly openCalls: readonly string[]
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
   * Told of every tool call before it happens, those of sub-agents too; the call waits until this resolves. Null: nobody
   * wants to know, and no call waits.
   */
  readonly beforeTool: ((call: ToolCall) => Promise<void>) | null
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

/** What an agent is about to do. */
export interface ToolCall {
  /** The model's own id of the call. */
  readonly toolUseId: string
  readonly toolName: string
  readonly input: Readonly<Record<string, unknown>>
  /** The agent id of a sub-agent; null for the main thread. */
  readonly thread: string | null
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
