import type { RecordedToolCall, ToolCallRecord } from '../../ports/tool-record.ts'
import { changeTexts } from './change-texts.ts'
import type { ToolLine } from './cassette-schema.ts'
import { sortOfName } from './exchange-threads.ts'
import type { Cassette } from './read-cassette.ts'

/**
 * The tool calls of a cassette; `translationOf` tells how a text of a recorded thread reads in the run that asks,
 * whose threads number their ids each for itself.
 */
export function recordedToolCalls(
  cassette: Cassette,
  translationOf: (thread: string) => (text: string) => string,
): ToolCallRecord {
  const read = (line: ToolLine): RecordedToolCall => {
    const value = (stored: unknown): unknown => changeTexts(cassette.joined(stored), translationOf(line.thread))
    return {
      agentId: sortOfName(line.thread) === 'main' ? null : line.thread,
      toolUseId: line.toolUseId,
      name: line.name,
      input: value(line.input),
      content: value(line.content),
      isError: line.isError,
      ...(line.structured === undefined ? {} : { structured: value(line.structured) }),
      ...(line.startedThread === undefined ? {} : { startedThread: true }),
      durationMs: line.durationMs,
    }
  }
  const lines = new Map(cassette.tools.map((line) => [line.toolUseId, line]))
  return {
    findToolCall: (toolUseId) => {
      const line = lines.get(toolUseId)
      return line === undefined ? undefined : read(line)
    },
    toolCalls: () => cassette.tools.map(read),
  }
}
