import { randomUUID } from 'node:crypto'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { ReopenToolCallRequest } from '../../ports/agent-driver.ts'
import type { TranscriptEntry } from '../../ports/transcript-store.ts'
import { callsIn, endOfChain } from './tool-blocks.ts'

/**
 * Completes the transcript as the agent itself leaves it when a hook defers a call. An agent that resumes
 * from there asks about the call again, and runs it once. It heeds one such entry, the newest; other calls
 * of the same answer that have no result are withdrawn.
 */
export async function reopenToolCall(request: ReopenToolCallRequest): Promise<void> {
  const { transcripts, agentSessionId, toolUseId } = request
  const entries = (await transcripts.load({ agentSessionId })) ?? []
  const call = entries.flatMap(callsIn).find(({ id }) => id === toolUseId)
  const answer = entries.findLast((entry) => entry['type'] === 'assistant')
  const last = endOfChain(entries)
  if (call === undefined || answer === undefined || last === undefined) {
    throw new PerdureError(
      'session_not_found',
      `The transcript holds no tool call ${toolUseId} that could be asked about again.`,
    )
  }
  const { message: _message, requestId: _requestId, ...envelope } = answer
  const deferral: TranscriptEntry = {
    ...envelope,
    type: 'attachment',
    uuid: randomUUID(),
    parentUuid: last['uuid'],
    timestamp: new Date().toISOString(),
    attachment: {
      type: 'hook_deferred_tool',
      toolUseID: call.id,
      toolName: call.name,
      toolInput: call.input,
      hookName: 'settings',
      hookEvent: 'PreToolUse',
      permissionMode: 'default',
    },
  }
  await transcripts.append({ agentSessionId }, [deferral])
}
