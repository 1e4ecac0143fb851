import type { ErrorRecord } from '../errors/perdure-error.ts'

/**
 * What an agent said and did, in neutral words, in the agent's own order. `thread` is the agent id of
 * a sub-agent, null for the main thread. `uuid` is the id of the message in the agent's transcript.
 */
export type AgentReport =
  | AgentStartedReport
  | InputStateReport
  | ContentBlockReport
  | ToolResultReport
  | ThreadStartedReport
  | ThreadEndedReport
  | ThreadPromptReport
  | HarnessMessageReport
  | InterruptionReport
  | ModelErrorReport
  | LocalOutputReport
  | RetryingReport
  | ModelFallbackReport
  | CompactionReport
  | PermissionDeniedReport
  | PreviewReport
  | TurnEndedReport
  | NoticeReport

/** The agent is ready for a turn; repeated at every turn. */
export interface AgentStartedReport {
  readonly type: 'agent_started'
  readonly agentSessionId: string
  readonly model: string
  readonly version: string
  readonly permissionMode: string
  readonly tools: readonly string[]
  readonly mcpServers: readonly { readonly name: string; readonly status: string }[]
  readonly slashCommands: readonly string[]
  readonly skills: readonly string[]
  readonly plugins: readonly string[]
}

/** How far the agent is with an input that it was sent. */
export interface InputStateReport {
  readonly type: 'input_state'
  /** The id that the input was sent with. */
  readonly inputUuid: string
  readonly state: 'queued' | 'started' | 'completed' | 'cancelled'
}

/** One finished block of an answer. */
export interface ContentBlockReport {
  readonly type: 'content_block'
  readonly thread: string | null
  readonly uuid: string
  readonly messageId: string
  readonly requestId: string | null
  readonly block: AgentContentBlock
  /** Cut by an interrupt: the text is what had arrived. */
  readonly aborted: boolean
}

export type AgentContentBlock =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'thinking'; readonly thinking: string; readonly signature: string }
  | { readonly type: 'redacted_thinking' }
  | {
      readonly type: 'tool_use'
      readonly id: string
      readonly name: string
      readonly input: Readonly<Record<string, unknown>>
    }
  /** Server tools and whatever comes next; kept whole. */
  | { readonly type: 'other'; readonly block: Readonly<Record<string, unknown>> & { readonly type: string } }

export interface ToolResultReport {
  readonly type: 'tool_result'
  readonly thread: string | null
  readonly uuid: string
  readonly toolUseId: string
  /** Blocks as the model sees them; a string became one text block. */
  readonly content: readonly (Readonly<Record<string, unknown>> & { readonly type: string })[]
  readonly isError: boolean
  /** The tool's structured output, where it has one. */
  readonly output?: unknown
}

/** A sub-agent begins, or goes on after a message. */
export interface ThreadStartedReport {
  readonly type: 'thread_started'
  readonly thread: string
  readonly parentThread: string | null
  /** The call that started it. */
  readonly toolUseId: string | null
  readonly agentName: string
  readonly background: boolean
}

export interface ThreadEndedReport {
  readonly type: 'thread_ended'
  readonly thread: string
  readonly status: 'completed' | 'failed' | 'stopped'
}

/** What a sub-agent was told. */
export interface ThreadPromptReport {
  readonly type: 'thread_prompt'
  readonly thread: string
  readonly uuid: string
  readonly text: string
}

/** A message that the harness put in by itself: a nudge, a summary, a hook's feedback. */
export interface HarnessMessageReport {
  readonly type: 'harness_message'
  readonly thread: string | null
  readonly uuid: string
  readonly text: string
}

/** "[Request interrupted by user…]": settles what an interrupt cut. */
export interface InterruptionReport {
  readonly type: 'interruption'
  readonly thread: string | null
  readonly uuid: string
}

/** The model could not be asked, finally, or its answer broke off. */
export interface ModelErrorReport {
  readonly type: 'model_error'
  readonly thread: string | null
  readonly uuid: string
  readonly requestId: string | null
  readonly error: ErrorRecord
}

/** Output of a command that never reached the model. */
export interface LocalOutputReport {
  readonly type: 'local_output'
  readonly uuid: string
  readonly text: string
}

export interface RetryingReport {
  readonly type: 'retrying'
  readonly thread: string | null
  readonly attempt: number
  readonly maxAttempts: number
  readonly delayMs: number
  readonly error: ErrorRecord
}

export interface ModelFallbackReport {
  readonly type: 'model_fallback'
  readonly fromModel: string
  readonly toModel: string
  readonly trigger: string
}

export interface CompactionReport {
  readonly type: 'compaction'
  /** `started` and `ended` bracket the summary request; `done` says that the history was replaced. */
  readonly phase: 'started' | 'ended' | 'done'
  readonly detail: Readonly<Record<string, unknown>>
}

export interface PermissionDeniedReport {
  readonly type: 'permission_denied'
  readonly thread: string | null
  readonly toolUseId: string | null
  readonly toolName: string
  readonly message: string
}

/** Live text from the agent itself, only where it does not speak through our gateway. */
export interface PreviewReport {
  readonly type: 'preview'
  readonly messageId: string
  readonly index: number
  readonly kind: 'text_start' | 'text_delta' | 'thinking_start'
  readonly text: string
}

/** One result. A run may have several: read on until the reports end. */
export interface TurnEndedReport {
  readonly type: 'turn_ended'
  readonly isError: boolean
  readonly subtype: string
  readonly terminalReason: string | null
  readonly stopReason: string | null
  readonly text: string
  /** The failure of this turn in our words; null when it went well. */
  readonly error: ErrorRecord | null
  /** What this result adds; never the running total. */
  readonly costUsd: number
  readonly modelUsage: Readonly<Record<string, AgentModelUsage>>
  readonly structuredOutput?: unknown
  readonly permissionDenials: number
  readonly inputUuids: readonly string[]
  readonly durationMs: number
}

export interface AgentModelUsage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cacheReadInputTokens: number
  readonly cacheCreationInputTokens: number
  readonly costUsd: number
}

/** Anything else, kept whole. */
export interface NoticeReport {
  readonly type: 'notice'
  readonly thread: string | null
  readonly name: string
  readonly payload: Readonly<Record<string, unknown>>
}
