import type { RecordedToolCall } from './tool-record.ts'

/**
 * The tools of a recorded run, for a replay in which no tool works: whatever the model calls, the
 * recording says what became of it.
 */
export interface RecordedTools {
  /** Undefined: the recording holds no result of such a call. */
  findCall(toolUseId: string): RecordedToolCall | undefined
  /**
   * Compares a call with the recorded one of its id.
   * @throws {PerdureError} `replay_diverged` when there is none, or another one.
   */
  check(call: ToolCall): void
  /** Tools of MCP servers, by their full names (`mcp__<server>__<tool>`), as the recorded run offered them. */
  readonly serverTools: readonly ServerTool[]
}

export type ToolCall = Pick<RecordedToolCall, 'toolUseId' | 'name' | 'input'>

export interface ServerTool {
  readonly name: string
  readonly description: string
  /** A JSON schema. */
  readonly inputSchema: Readonly<Record<string, unknown>>
}
