import { PerdureError } from '../../errors/perdure-error.ts'
import type { ForkConversationRequest, ForkedConversation } from '../../ports/agent-driver.ts'
import type { TranscriptEntry } from '../../ports/transcript-store.ts'
import { copySubagents } from './copy-subagents.ts'
import { inputsInTranscript } from './inputs-in-transcript.ts'
import { sessionStoreOver } from './session-store-adapter.ts'
import { openCalls, wholePart } from './whole-part.ts'

/** Copies a conversation with the SDK's own helper, which gives every message a new id and keeps the chain. */
export async function forkConversation(request: ForkConversationRequest): Promise<ForkedConversation | null> {
  const { transcripts, agentSessionId, upToUuid, heldCalls = [] } = request
  const entries = (await transcripts.load({ agentSessionId })) ?? []
  const until = upToUuid === undefined ? entries.length - 1 : entries.findIndex(({ uuid }) => uuid === upToUuid)
  if (until === -1) throw cannotFork(request)
  const asked = entries.slice(0, until + 1)
  const isWhole = upToUuid === undefined && openCalls(asked).every((id) => heldCalls.includes(id))
  const part = isWhole ? entries : wholePart(asked, { heldCalls: new Set(heldCalls) })
  const last = part.findLast(({ type }) => type === 'user' || type === 'assistant')
  if (last === undefined) return null
  const copy = await copyWithSdk(request, isWhole ? undefined : last)
  await copySubagents({ transcripts, from: agentSessionId, to: copy, ...(isWhole ? {} : { notAfter: last }) })
  return { agentSessionId: copy, inputs: inputsInTranscript(part), openCalls: openCalls(part) }
}

async function copyWithSdk(request: ForkConversationRequest, last: TranscriptEntry | undefined): Promise<string> {
  const { transcripts, agentSessionId } = request
  const { forkSession } = await import('@anthropic-ai/claude-agent-sdk')
  const sessionStore = sessionStoreOver(transcripts, { onUnwritable: () => {}, isAbandoned: () => false })
  try {
    const upTo = last === undefined ? {} : { upToMessageId: String(last['uuid']) }
    return (await forkSession(agentSessionId, { sessionStore, ...upTo })).sessionId
  } catch (error) {
    if (PerdureError.is(error)) throw error
    throw cannotFork(request, error)
  }
}

const cannotFork = ({ agentSessionId, upToUuid }: ForkConversationRequest, cause?: unknown): PerdureError =>
  new PerdureError('session_not_found', `The conversation ${agentSessionId} cannot be forked there.`, {
    ...(cause === undefined ? {} : { cause }),
    details: { agentSessionId, upToUuid: upToUuid ?? null },
  })
