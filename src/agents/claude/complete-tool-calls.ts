import { randomUUID } from 'node:crypto'
import type { CompleteToolCallsRequest } from '../../ports/agent-driver.ts'
import type { TranscriptEntry } from '../../ports/transcript-store.ts'
import { callsIn, endOfChain, resultsIn } from './tool-blocks.ts'

/** Writes the entries that the agent would have written, had it lived some milliseconds longer. */
export async function completeToolCalls({
  transcripts,
  agentSessionId,
  results,
}: CompleteToolCallsRequest): Promise<void> {
  if (results.length === 0) return
  const entries = (await transcripts.load({ agentSessionId })) ?? []
  const calls = new Map(entries.flatMap((entry) => callsIn(entry).map(({ id }) => [id, entry] as const)))
  const answered = new Set(entries.flatMap(resultsIn))
  let parentUuid = endOfChain(entries)?.['uuid']
  const added = results.flatMap(({ toolUseId, uuid = randomUUID(), content, isError }): TranscriptEntry[] => {
    const call = calls.get(toolUseId)
    if (call === undefined || answered.has(toolUseId)) return []
    const { message: _message, requestId: _requestId, apiBlockIndex: _index, ...envelope } = call
    const block = { type: 'tool_result', tool_use_id: toolUseId, content, is_error: isError }
    const entry = {
      ...envelope,
      type: 'user',
      uuid,
      parentUuid,
      timestamp: new Date().toISOString(),
      message: { role: 'user', content: [block] },
      sourceToolAssistantUUID: call['uuid'],
    }
    parentUuid = uuid
    return [entry]
  })
  if (added.length > 0) await transcripts.append({ agentSessionId }, added)
}
