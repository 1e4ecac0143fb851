import { newIdBody, type SessionId } from '../../domain/ids.ts'
import { eventSchemaVersion, type EventDraft, type LoggedEvent } from '../../domain/session-event.ts'
import type { AppendOptions, EventLog, ReadOptions, SubscribeOptions } from '../../ports/event-log.ts'
import type { FeedSource, LogState } from '../events/feed-topic.ts'
import { decodeEvent, encodeEvent } from '../events/stored-event.ts'
import { leaseLost, sessionNotFound } from '../leases/refusals.ts'
import type { RedisWorkspace } from './redis-workspace.ts'
import { appendEvents, deleteEvents, followEvents, logState, rangeOfEvents } from './scripts/event-scripts.ts'

/** Bounds how long one reading holds up the server. */
const eventsPerRead = 500

export class RedisEventLog implements EventLog {
  readonly #workspace: RedisWorkspace

  constructor(workspace: RedisWorkspace) {
    this.#workspace = workspace
  }

  async append(sessionId: SessionId, drafts: readonly EventDraft[], options: AppendOptions): Promise<LoggedEvent[]> {
    const payloads = new Map<string, string>()
    // Of several under one id the first holds.
    for (const draft of drafts) if (!payloads.has(draft.id)) payloads.set(draft.id, encodeEvent(draft))
    const given = [...payloads].flatMap(([id, payload]) => [id, eventSchemaVersion, payload])
    const taken = options.takenFromInbox ?? []
    const args = [sessionId, options.fence, payloads.size, ...given, ...taken]
    const [status, ...answer] = await this.#workspace.run<string[]>(appendEvents, args)
    if (status === 'session_not_found') throw sessionNotFound(sessionId)
    if (status === 'lease_lost') throw leaseLost(sessionId, { fence: options.fence, highestFence: Number(answer[0]) })

    const events = new Map<string, LoggedEvent>()
    const fresh: LoggedEvent[] = []
    for (const [index, [id, written]] of [...payloads].entries()) {
      const [sequence, version, known] = answer.slice(3 * index, 3 * index + 3)
      const isFresh = version === ''
      const schemaVersion = isFresh ? eventSchemaVersion : Number(version)
      const event = decodeEvent({ sequence: Number(sequence), schemaVersion, payload: isFresh ? written : known! })
      events.set(id, event)
      if (isFresh) fresh.push(event)
    }
    this.#workspace.context.feed.publish(this.#workspace.topicOf(sessionId), fresh)
    return drafts.map((draft) => events.get(draft.id)!)
  }

  async read(sessionId: SessionId, options: ReadOptions = {}): Promise<LoggedEvent[]> {
    const { limit = Infinity, upTo = Infinity } = options
    const types = options.types && new Set<string>(options.types)
    const events: LoggedEvent[] = []
    if (types?.size === 0) return events
    const last = upTo === Infinity ? '+' : String(Math.max(Math.floor(upTo), 0))
    for (let after = Math.max(options.after ?? 0, 0); events.length < limit;) {
      const count = types ? eventsPerRead : Math.min(limit - events.length, eventsPerRead)
      const read = await this.#range(rangeOfEvents, [sessionId, firstAfter(after), last, count])
      events.push(...read.filter(({ type }) => types?.has(type) ?? true))
      if (read.length < count) break
      after = read.at(-1)!.sequence
    }
    return events.slice(0, limit)
  }

  async head(sessionId: SessionId): Promise<number> {
    return (await this.#state(sessionId))?.head ?? 0
  }

  subscribe(sessionId: SessionId, options: SubscribeOptions = {}): AsyncIterable<LoggedEvent> {
    const source: FeedSource = {
      state: () => this.#state(sessionId),
      read: ({ logId, after, limit }) => this.#range(followEvents, [sessionId, logId, firstAfter(after), limit]),
    }
    return this.#workspace.context.feed.subscribe(this.#workspace.topicOf(sessionId), source, options)
  }

  async delete(sessionId: SessionId): Promise<void> {
    await this.#workspace.run(deleteEvents, [sessionId, newIdBody()])
    this.#workspace.context.feed.end(this.#workspace.topicOf(sessionId))
  }

  async #state(sessionId: SessionId): Promise<LogState | null> {
    const [logId, head] = await this.#workspace.run<[string | null, string]>(logState, [sessionId])
    return logId === null ? null : { logId, head: Number(head) }
  }

  async #range(script: typeof rangeOfEvents, args: readonly (string | number)[]): Promise<LoggedEvent[]> {
    const stored = await this.#workspace.run<[id: string, fields: string[]][]>(script, args)
    return stored.map(([id, [, version, , payload]]) =>
      decodeEvent({ sequence: Number.parseInt(id), schemaVersion: Number(version), payload: payload! }),
    )
  }
}

/** The ids of a stream end where numbers are exact no more. */
const firstAfter = (sequence: number): number => Math.min(Math.floor(sequence) + 1, Number.MAX_SAFE_INTEGER)
