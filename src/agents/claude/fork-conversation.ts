import { PerdureError } from '../../errors/perdure-error.ts'
import type { ForkConversationRequest } from '../../ports/agent-driver.ts'
import { copySubagents } from './copy-subagents.ts'
import { sessionStoreOver } from './session-store-adapter.ts'

/** Copies a conversation with the SDK's own helper, which gives every message a new id and keeps the chain. */
export async function forkConversation(request: ForkConversationRequest): Promise<string> {
  const { transcripts, agentSessionId, upToUuid } = request
  const { forkSession } = await import('@anthropic-ai/claude-agent-sdk')
  const sessionStore = sessionStoreOver(transcripts, { onLeaseLost: () => {}, isAbandoned: () => false })
  try {
    const copy = await forkSession(agentSessionId, {
      sessionStore,
      ...(upToUuid === undefined ? {} : { upToMessageId: upToUuid }),
    })
    await copySubagents({ transcripts, from: agentSessionId, to: copy.sessionId })
    return copy.sessionId
  } catch (error) {
    if (PerdureError.is(error)) throw error
    throw new PerdureError('session_not_found', `The conversation ${agentSessionId} cannot be forked there.`, {
      cause: error,
      details: { agentSessionId, upToUuid: upToUuid ?? null },
    })
  }
}
