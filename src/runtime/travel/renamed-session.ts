import { randomUUID } from 'node:crypto'
import { mainThreadId, type SessionId } from '../../domain/ids.ts'
import type { LoggedEvent } from '../../domain/session-event.ts'
import type { SessionRecord } from '../../ports/session-records.ts'
import type { TranscriptEntry } from '../../ports/transcript-store.ts'
import type { SessionPart } from './session-part.ts'

/**
 * A session under a new id, so that it can be where the one is that it was made from. Its conversations are new as well,
 * since an agent's conversation belongs to one session. Events keep their ids, and sub-agents their threads. It is a fork
 * of what it was made from: that one's budget holds for both, and what was spent before was spent once.
 */
export class RenamedSession {
  readonly record: SessionRecord
  readonly #threads: { readonly from: string; readonly to: string }
  readonly #conversations = new Map<string, string>()

  constructor(record: SessionRecord, { id, head }: { id: SessionId; head: number }) {
    this.#threads = { from: mainThreadId(record.id), to: mainThreadId(id) }
    this.record = {
      ...record,
      id,
      parent: { sessionId: record.id, atSequence: head },
      agentSessionId: record.agentSessionId === null ? null : this.#conversation(record.agentSessionId),
    }
  }

  part(part: SessionPart): SessionPart {
    if (part.type === 'events') return { ...part, events: part.events.map((event) => this.#event(event)) }
    if (part.type !== 'transcript') return part
    const { agentSessionId } = part.key
    const renamed = this.#conversation(agentSessionId)
    return {
      ...part,
      key: { ...part.key, agentSessionId: renamed },
      entries: part.entries.map((entry) => withSessionId(entry, { from: agentSessionId, to: renamed })),
    }
  }

  #event(event: LoggedEvent): LoggedEvent {
    const named = Object.fromEntries(
      Object.entries(event).map(([name, value]: [string, unknown]) => [
        name,
        value === this.#threads.from ? this.#threads.to : value,
      ]),
    ) as unknown as LoggedEvent
    switch (named.type) {
      case 'perdure.agent_started':
      case 'perdure.session_rewound':
        return { ...named, agent_session_id: this.#conversation(named.agent_session_id) }
      case 'perdure.session_forked':
        if (named.agent_session_id == null) return named
        return { ...named, agent_session_id: this.#conversation(named.agent_session_id) }
      default:
        return named
    }
  }

  #conversation(agentSessionId: string): string {
    const known = this.#conversations.get(agentSessionId) ?? randomUUID()
    this.#conversations.set(agentSessionId, known)
    return known
  }
}

const withSessionId = (entry: TranscriptEntry, { from, to }: { from: string; to: string }): TranscriptEntry =>
  entry['sessionId'] === from ? { ...entry, sessionId: to } : entry
