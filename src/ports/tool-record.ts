/** One tool call of a recorded run, and what came of it. */
export interface RecordedToolCall {
  /** Agent id of a sub-agent; null for the main thread. In a record, the name of its thread: ids are other in every run. */
  readonly agentId: string | null
  /** The id of the call in the model's answer. A replay gives the agent the recorded answers, so it is the same there. */
  readonly toolUseId: string
  readonly name: string
  readonly input: unknown
  /** Content of the tool's result as the model gets it: text or content blocks. */
  readonly content: unknown
  readonly isError: boolean
  /** What the tool answered in its own structure, beside the text for the model; left out where there was none. */
  readonly structured?: unknown
  /** Set where the call started a sub-agent, or had one go on. */
  readonly startedThread?: true
  readonly durationMs: number | null
}

/** Takes the tool calls of a run that is being recorded. */
export interface ToolCallRecorder {
  /** Resolves when the call is durable. Secrets are taken out and paths of this machine replaced on the way. */
  recordToolCall(call: RecordedToolCall): Promise<void>
}

/** The tool calls of a recorded run, with the paths and ids of the run that asks, as far as it has them by then. */
export interface ToolCallRecord {
  /** Undefined where the record has no such call. */
  findToolCall(toolUseId: string): RecordedToolCall | undefined
  /** All calls, in their order. */
  toolCalls(): readonly RecordedToolCall[]
}
