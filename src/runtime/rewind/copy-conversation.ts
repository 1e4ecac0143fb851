import { conversationAt } from '../../domain/conversation-at.ts'
import type { LoggedEvent } from '../../domain/session-event.ts'
import type { AgentDriver, ForkedConversation, RunTranscripts } from '../../ports/agent-driver.ts'
import type { TranscriptEntry } from '../../ports/transcript-store.ts'

export interface CopyConversation {
  readonly driver: Pick<AgentDriver<never>, 'forkConversation'>
  readonly transcripts: RunTranscripts
}

export interface CopyRequest {
  readonly events: readonly LoggedEvent[]
  readonly sequence: number
  /** The model's own ids of calls that may stay without a result. */
  readonly heldCalls?: readonly string[]
}

/** Copies the agent's conversation as it was at an event of a log. Null where nothing had been said. */
export async function copyConversationAt(
  { driver, transcripts }: CopyConversation,
  { events, sequence, heldCalls = [] }: CopyRequest,
): Promise<ForkedConversation | null> {
  const { messages, bornWith } = conversationAt(events, sequence)
  const loaded = new Map<string, Promise<TranscriptEntry[]>>()
  const entriesOf = (agentSessionId: string): Promise<TranscriptEntry[]> => {
    const known = loaded.get(agentSessionId) ?? transcripts.load({ agentSessionId }).then((entries) => entries ?? [])
    loaded.set(agentSessionId, known)
    return known
  }
  for (const { agentSessionId, uuid } of messages) {
    // An answer that was cut, or a message of an agent that died, may stand in the log alone.
    if (!(await entriesOf(agentSessionId)).some((entry) => entry['uuid'] === uuid)) continue
    return driver.forkConversation({ transcripts, agentSessionId, upToUuid: uuid, heldCalls })
  }
  if (bornWith === null) return null
  const upToUuid = inheritedId(events, await entriesOf(bornWith))
  if (upToUuid === null) return null
  return driver.forkConversation({ transcripts, agentSessionId: bornWith, upToUuid, heldCalls })
}

/** The newest message that a fork had before any of its own. */
function inheritedId(events: readonly LoggedEvent[], entries: readonly TranscriptEntry[]): string | null {
  const own = new Set<unknown>(events.flatMap(({ perdure }) => perdure?.sdk_uuid ?? []))
  const firstOwn = entries.findIndex((entry) => own.has(entry['uuid']))
  const inherited = entries.slice(0, firstOwn === -1 ? entries.length : firstOwn)
  const uuid = inherited.findLast(({ type }) => type === 'user' || type === 'assistant')?.['uuid']
  return typeof uuid === 'string' ? uuid : null
}
