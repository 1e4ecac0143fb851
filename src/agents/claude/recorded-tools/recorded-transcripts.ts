import type { RunTranscripts } from '../../../ports/agent-driver.ts'
import type { RecordedTools } from '../../../ports/recorded-tools.ts'
import type { TranscriptEntry } from '../../../ports/transcript-store.ts'

/** A store that keeps the recorded results: whoever resumes the session later goes on from them. */
export const recordedTranscripts = (store: RunTranscripts, recorded: RecordedTools): RunTranscripts => ({
  load: (key) => store.load(key),
  listSubpaths: (agentSessionId) => store.listSubpaths(agentSessionId),
  append: (key, entries) =>
    store.append(
      key,
      entries.map((entry) => withRecordedResults(entry, recorded)),
    ),
})

/** The agent writes one result in an entry, and beside it what the tool answered and why it was refused. */
function withRecordedResults(entry: TranscriptEntry, recorded: RecordedTools): TranscriptEntry {
  const message = asRecord(entry['message'])
  if (entry['type'] !== 'user' || !Array.isArray(message['content'])) return entry
  const calls = message['content'].map((block: unknown) => {
    const { tool_use_id: toolUseId, is_error: failed } = asRecord(block)
    return failed === true ? recorded.record.findToolCall(String(toolUseId)) : undefined
  })
  const call = calls.find((found) => found !== undefined)
  if (call === undefined) return entry
  const content = message['content'].map((block: unknown, index) => {
    const found = calls[index]
    if (found === undefined) return block
    return { ...asRecord(block), content: found.content, is_error: found.isError }
  })
  const { toolUseResult: _output, toolDenialKind: _kind, permissionDecision: _decision, ...rest } = entry
  const output = call.structured === undefined ? {} : { toolUseResult: call.structured }
  return { ...rest, ...output, message: { ...message, content } }
}

const asRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
