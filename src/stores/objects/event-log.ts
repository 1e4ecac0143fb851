import { newIdBody, type SessionId } from '../../domain/ids.ts'
import { eventSchemaVersion, type EventDraft, type LoggedEvent } from '../../domain/session-event.ts'
import type { AppendOptions, EventLog, ReadOptions, SubscribeOptions } from '../../ports/event-log.ts'
import type { FeedSource } from '../events/feed-topic.ts'
import { encodeEvent } from '../events/stored-event.ts'
import { readingNewest } from './batches.ts'
import { decodeItem, findLogged } from './find-logged.ts'
import { deleteStored } from './inbox.ts'
import type { ObjectWorkspace } from './object-workspace.ts'
import { fenced, loggedItems, touched, type LoggedItem, type SessionDocument } from './session-document.ts'
import { emptyList, withItems, type StoredList } from './stored-list.ts'

export class ObjectEventLog implements EventLog {
  readonly #workspace: ObjectWorkspace

  constructor(workspace: ObjectWorkspace) {
    this.#workspace = workspace
  }

  async append(sessionId: SessionId, drafts: readonly EventDraft[], options: AppendOptions): Promise<LoggedEvent[]> {
    const given = new Map<string, LoggedItem>()
    for (const draft of drafts) {
      // Of several under one id the first holds.
      if (given.has(draft.id)) continue
      given.set(draft.id, { id: draft.id, schemaVersion: eventSchemaVersion, payload: encodeEvent(draft) })
    }
    const taken = new Set<string>(options.takenFromInbox)
    const ids = drafts.map(({ id }) => id)
    const { events, fresh, inputs } = await this.#workspace.session(sessionId).change(async (document, nowMs) => {
      const { session, ...rest } = fenced(document, sessionId, options.fence)
      const known = await findLogged(this.#workspace.batches, session.events, ids)
      const missing = [...given.values()].filter(({ id }) => !known.has(id))
      const appended = missing.map((item, index) => decodeItem(item, session.events.count + index + 1))
      for (const event of appended) known.set(event.id, event)
      const grown = {
        ...touched(session, nowMs),
        events: withItems(session.events, missing, loggedItems),
        inbox: session.inbox.filter(({ id }) => !taken.has(id)),
      }
      const result = {
        events: ids.map((id) => structuredClone(known.get(id)!)),
        fresh: appended,
        inputs: session.inbox.filter(({ id }) => taken.has(id)),
      }
      return { state: { ...rest, session: grown }, result }
    })
    this.#workspace.feed.publish(this.#workspace.topicOf(sessionId), fresh)
    await deleteStored(this.#workspace, inputs)
    return events
  }

  async read(sessionId: SessionId, options: ReadOptions = {}): Promise<LoggedEvent[]> {
    return this.#reading(sessionId, async ({ session }) => (session ? this.#events(session.events, options) : []))
  }

  async head(sessionId: SessionId): Promise<number> {
    return (await this.#workspace.session(sessionId).read()).session?.events.count ?? 0
  }

  subscribe(sessionId: SessionId, options: SubscribeOptions = {}): AsyncIterable<LoggedEvent> {
    const source: FeedSource = {
      state: async () => {
        const { session } = await this.#workspace.session(sessionId).read()
        return session && { logId: session.logId, head: session.events.count }
      },
      read: ({ logId, after, limit }) =>
        this.#reading(sessionId, async ({ session }) =>
          session?.logId === logId ? this.#events(session.events, { after, limit }) : [],
        ),
    }
    return this.#workspace.feed.subscribe(this.#workspace.topicOf(sessionId), source, options)
  }

  async delete(sessionId: SessionId): Promise<void> {
    const removed = await this.#workspace.session(sessionId).change((document) => {
      if (!document.session) return { state: document, result: null }
      const session = { ...document.session, events: emptyList, logId: newIdBody() }
      return { state: { ...document, session }, result: document.session.events }
    })
    if (removed) await this.#workspace.bucket.delete(await this.#workspace.batches.keysOf(removed))
    this.#workspace.feed.end(this.#workspace.topicOf(sessionId))
  }

  #reading<Result>(sessionId: SessionId, use: (document: SessionDocument) => Promise<Result>): Promise<Result> {
    return readingNewest(() => this.#workspace.session(sessionId).read(), use)
  }

  async #events(list: StoredList<LoggedItem>, options: ReadOptions): Promise<LoggedEvent[]> {
    const { after = 0, upTo = Infinity, limit = Infinity } = options
    const types = options.types && new Set<string>(options.types)
    // Without a filter the number of events says which batches are needed at all.
    const end = types ? upTo : Math.min(upTo, Math.max(after, 0) + limit)
    const events: LoggedEvent[] = []
    if (end <= after || limit <= 0) return events
    const isWanted = ({ count }: { count: number }, firstIndex: number) =>
      firstIndex < end && firstIndex + count > after
    for await (const { firstIndex, items } of this.#workspace.batches.read(list, isWanted)) {
      for (const [index, item] of items.entries()) {
        const sequence = firstIndex + index + 1
        if (sequence <= after || sequence > end) continue
        const event = decodeItem(item, sequence)
        if (types && !types.has(event.type)) continue
        if (events.push(event) >= limit) return events
      }
    }
    return events
  }
}
