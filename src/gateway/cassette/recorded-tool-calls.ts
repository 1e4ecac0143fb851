import type { RecordedToolCall, ToolCallRecord } from '../../ports/tool-record.ts'
import { changeTexts } from './change-texts.ts'
import type { ToolLine } from './cassette-schema.ts'
import { sortOfName } from './exchange-threads.ts'
import type { Cassette } from './read-cassette.ts'

/** The tool calls of a cassette; `fromCassette` gives them the paths and ids of the run that asks. */
export function recordedToolCalls(cassette: Cassette, fromCassette: (text: string) => string): ToolCallRecord {
  const value = (name: string): unknown => changeTexts(cassette.value(name), fromCassette)
  const read = (line: ToolLine): RecordedToolCall => ({
    agentId: sortOfName(line.thread) === 'main' ? null : line.thread,
    toolUseId: line.toolUseId,
    name: line.name,
    input: value(line.input),
    content: value(line.content),
    isError: line.isError,
    ...(line.structured === undefined ? {} : { structured: value(line.structured) }),
    durationMs: line.durationMs,
  })
  return {
    findToolCall: async (toolUseId) => {
      const line = cassette.tools.find((tool) => tool.toolUseId === toolUseId)
      return line === undefined ? undefined : read(line)
    },
    toolCalls: async () => cassette.tools.map(read),
  }
}
