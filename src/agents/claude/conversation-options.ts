import type { Options } from '@anthropic-ai/claude-agent-sdk'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { AgentStartRequest } from '../../ports/agent-driver.ts'
import { copySubagents } from './copy-subagents.ts'
import type { TranscriptEntry } from '../../ports/transcript-store.ts'

export interface ConversationStart {
  readonly options: Options
  /** What the agent will count as spent already. */
  readonly costBaseUsd: number
}

/**
 * How the SDK is told which conversation to work in.
 * @throws {PerdureError} `session_not_found` when there is no transcript to go on from.
 */
export async function conversationOptions(
  request: Pick<AgentStartRequest<unknown>, 'conversation' | 'transcripts'>,
): Promise<ConversationStart> {
  const { conversation, transcripts } = request
  if (conversation.kind === 'new') return { options: { sessionId: conversation.agentSessionId }, costBaseUsd: 0 }
  const from = conversation.kind === 'fork' ? conversation.from : conversation.agentSessionId
  const entries = await transcripts.load({ agentSessionId: from })
  if (entries === null) {
    throw new PerdureError('session_not_found', `There is no transcript of the conversation ${from} to go on from.`, {
      details: { agentSessionId: from },
    })
  }
  const costBaseUsd = costOf(entries)
  if (conversation.kind === 'resume') return { options: { resume: from }, costBaseUsd }
  await copySubagents({ transcripts, from, to: conversation.agentSessionId })
  const at = conversation.atUuid === undefined ? {} : { resumeSessionAt: conversation.atUuid }
  return { options: { resume: from, forkSession: true, sessionId: conversation.agentSessionId, ...at }, costBaseUsd }
}

/** The agent writes its running total down when it ends, and goes on from there. */
function costOf(entries: readonly TranscriptEntry[]): number {
  const last = entries.findLast((entry) => entry['type'] === 'cost-state')
  const total = last?.['totalCostUSD']
  return typeof total === 'number' ? total : 0
}
