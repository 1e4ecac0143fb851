import { newIdBody, type SessionId } from '../../domain/ids.ts'
import { eventSchemaVersion, type EventDraft, type LoggedEvent } from '../../domain/session-event.ts'
import type { AppendOptions, EventLog, ReadOptions, SubscribeOptions } from '../../ports/event-log.ts'
import type { FeedSource } from '../events/feed-topic.ts'
import { decodeEvent, encodeEvent } from '../events/stored-event.ts'
import { touch, type MemorySession, type MemoryWorkspace } from './memory-workspace.ts'

export class MemoryEventLog implements EventLog {
  readonly #workspace: MemoryWorkspace

  constructor(workspace: MemoryWorkspace) {
    this.#workspace = workspace
  }

  async append(sessionId: SessionId, drafts: readonly EventDraft[], options: AppendOptions): Promise<LoggedEvent[]> {
    const payloads = drafts.map((draft) => ({ id: draft.id, payload: encodeEvent(draft) }))
    const session = this.#workspace.fenced(sessionId, options.fence)
    touch(session)
    const first = session.events.length
    for (const { id, payload } of payloads) {
      if (session.sequenceById.has(id)) continue
      const sequence = session.events.length + 1
      session.events.push({ sequence, schemaVersion: eventSchemaVersion, payload })
      session.sequenceById.set(id, sequence)
    }
    for (const id of options.takenFromInbox ?? []) session.inbox.delete(id)
    const fresh = session.events.slice(first).map((stored) => decodeEvent(stored))
    this.#workspace.feed.publish(this.#workspace.topicOf(sessionId), fresh)
    return drafts.map((draft) => decodeEvent(session.events[session.sequenceById.get(draft.id)! - 1]!))
  }

  async read(sessionId: SessionId, options: ReadOptions = {}): Promise<LoggedEvent[]> {
    const { after = 0, limit = Infinity, upTo } = options
    const stored =
      this.#workspace.sessions
        .get(sessionId)
        ?.events.slice(Math.max(after, 0), upTo === undefined ? undefined : Math.max(upTo, 0)) ?? []
    const types = options.types && new Set<string>(options.types)
    const events = stored.map((event) => decodeEvent(event)).filter((event) => types?.has(event.type) ?? true)
    return events.slice(0, limit)
  }

  async head(sessionId: SessionId): Promise<number> {
    return this.#workspace.sessions.get(sessionId)?.events.length ?? 0
  }

  subscribe(sessionId: SessionId, options: SubscribeOptions = {}): AsyncIterable<LoggedEvent> {
    const current = (): MemorySession | undefined => this.#workspace.sessions.get(sessionId)
    const source: FeedSource = {
      state: async () => {
        const session = current()
        return session ? { logId: session.logId, head: session.events.length } : null
      },
      read: async ({ logId, after, limit }) =>
        current()?.logId === logId ? this.read(sessionId, { after, limit }) : [],
    }
    return this.#workspace.feed.subscribe(this.#workspace.topicOf(sessionId), source, options)
  }

  async delete(sessionId: SessionId): Promise<void> {
    const session = this.#workspace.sessions.get(sessionId)
    if (session) {
      session.events.length = 0
      session.sequenceById.clear()
      session.logId = newIdBody()
    }
    this.#workspace.feed.end(this.#workspace.topicOf(sessionId))
  }
}
