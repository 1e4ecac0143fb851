import { eventsUpTo } from './branches.ts'
import type { LoggedEvent } from './session-event.ts'

/** Where in the agent's conversations an event of a log belongs. */
export interface ConversationPoint {
  /** What the agent said and learned until then, the newest first, by the conversation in which it was written. */
  readonly messages: readonly ConversationMessage[]
  /** Where there is none of these: the conversation that a fork was born with. Null: nothing had been said. */
  readonly bornWith: string | null
}

export interface ConversationMessage {
  readonly agentSessionId: string
  /** Its id in the transcript of that conversation. */
  readonly uuid: string
}

/**
 * The place of an event in the agent's conversations. They are copied by a rewind, and their messages have other ids in
 * the copy: each is named in the conversation where it was written, which stays.
 */
export function conversationAt(events: readonly LoggedEvent[], sequence: number): ConversationPoint {
  let agentSessionId: string | null = null
  let bornWith: string | null = null
  let isFork = false
  let messages: ConversationMessage[] = []
  for (const event of eventsUpTo(events, sequence)) {
    switch (event.type) {
      case 'perdure.session_forked':
        isFork = true
        bornWith = agentSessionId = event.agent_session_id ?? null
        break
      case 'perdure.session_rewound':
        agentSessionId = event.agent_session_id
        break
      case 'perdure.agent_started': {
        const isNew = event.agent_session_id !== agentSessionId
        // A fork of an older version does not say with what it was born.
        if (isFork && agentSessionId === null) bornWith = event.agent_session_id
        else if (isNew) [messages, bornWith] = [[], null]
        agentSessionId = event.agent_session_id
        break
      }
      default: {
        const uuid = uuidOfAgentsOwn(event)
        if (uuid !== undefined && agentSessionId !== null) messages.unshift({ agentSessionId, uuid })
      }
    }
  }
  return { messages, bornWith }
}

/** What a conversation may end with: an answer, or the result of a call. */
function uuidOfAgentsOwn(event: LoggedEvent): string | undefined {
  if (event.session_thread_id != null) return undefined
  switch (event.type) {
    case 'agent.message':
    case 'agent.tool_use':
    case 'agent.mcp_tool_use':
    case 'agent.custom_tool_use':
    case 'agent.tool_result':
    case 'agent.mcp_tool_result':
      return event.perdure?.sdk_uuid
    default:
      return undefined
  }
}
