import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { ReopenToolCallRequest } from '../../ports/agent-driver.ts'
import type { TranscriptEntry } from '../../ports/transcript-store.ts'

const toolUse = z.looseObject({ type: z.literal('tool_use'), id: z.string(), name: z.string(), input: z.unknown() })
const messageEntry = z.looseObject({ message: z.looseObject({ content: z.array(z.unknown()) }) })

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
  const last = entries.findLast((entry) => typeof entry['uuid'] === 'string')
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

function callsIn(entry: TranscriptEntry): z.infer<typeof toolUse>[] {
  if (entry['type'] !== 'assistant') return []
  const parsed = messageEntry.safeParse(entry)
  if (!parsed.success) return []
  return parsed.data.message.content.flatMap((block) => {
    const call = toolUse.safeParse(block)
    return call.success ? [call.data] : []
  })
}
