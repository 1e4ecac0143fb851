import type { RecordedToolCall, ToolCallRecord } from './tool-record.ts'

/**
 * The tools of a recorded run, for a replay in which no tool works: whatever the model calls, the
 * recording says what became of it.
 */
export interface RecordedTools {
  readonly record: ToolCallRecord
  /** Whether a result comes at once, or after the time that the call took. */
  readonly speed: 'now' | 'recorded'
  /**
   * Compares a call with the recorded one of its id.
   * @throws {PerdureError} `replay_diverged` when there is none, or another one.
   */
  check(call: ToolCall): void
  /** The MCP servers that the recorded run had. */
  readonly servers: readonly RecordedServer[]
}

export type ToolCall = Pick<RecordedToolCall, 'toolUseId' | 'name' | 'input'>

/** An MCP server, as far as the model was told of it. */
export interface RecordedServer {
  /** As it stands in the names of its tools: `mcp__<name>__<tool>`. */
  readonly name: string
  readonly instructions: string | null
  readonly tools: readonly ServerTool[]
}

export interface ServerTool {
  /** The server's own name of it. */
  readonly name: string
  readonly description: string
  /** A JSON schema. */
  readonly inputSchema: Readonly<Record<string, unknown>>
}
