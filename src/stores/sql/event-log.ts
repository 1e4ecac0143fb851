import type { Kysely } from 'kysely'
import { newIdBody, type EventId, type SessionId } from '../../domain/ids.ts'
import { eventSchemaVersion, type EventDraft, type LoggedEvent } from '../../domain/session-event.ts'
import type { AppendOptions, EventLog, ReadOptions, SubscribeOptions } from '../../ports/event-log.ts'
import type { FeedSource } from '../events/feed-topic.ts'
import { decodeEvent, encodeEvent } from '../events/stored-event.ts'
import { blobHashOf, blobsOfSession, deleteUnreferencedBlobs, putBlob } from './blobs.ts'
import { storedEvents, type EventQueries, type EventRow, type StoredEventRow } from './event-queries.ts'
import type { SessionKey, Tables } from './schema.ts'
import { keyOf, refusalOf } from './session-row.ts'
import { endTopic, publish, topicOf, type SqlStoreContext } from './sql-store-context.ts'

const rowsPerStatement = 50

interface EncodedDraft {
  readonly draft: EventDraft
  readonly payload: string
}

interface Appended {
  /** One for each draft, in their order. */
  readonly events: LoggedEvent[]
  /** Those that were not in the log before. */
  readonly fresh: LoggedEvent[]
}

export class SqlEventLog implements EventLog {
  readonly #context: SqlStoreContext
  readonly #queries: EventQueries

  constructor(context: SqlStoreContext) {
    this.#context = context
    this.#queries = context.eventQueries
  }

  async append(sessionId: SessionId, drafts: readonly EventDraft[], options: AppendOptions): Promise<LoggedEvent[]> {
    const key = keyOf(this.#context.workspace, sessionId)
    const encoded = new Map<string, EncodedDraft>()
    for (const draft of drafts) {
      // Of several under one id the first holds.
      if (!encoded.has(draft.id)) encoded.set(draft.id, { draft, payload: encodeEvent(draft) })
    }
    const appended = await this.#context.backend.write(topicOf(key), (transaction) =>
      this.#append(transaction, { key, drafts, encoded, options }),
    )
    publish(this.#context, key, appended.fresh)
    return appended.events
  }

  async read(sessionId: SessionId, options: ReadOptions = {}): Promise<LoggedEvent[]> {
    if (options.types?.length === 0) return []
    const { organization_id, workspace_id, session_id } = keyOf(this.#context.workspace, sessionId)
    let query = storedEvents(this.#context.backend.reader)
      .where('event.organization_id', '=', organization_id)
      .where('event.workspace_id', '=', workspace_id)
      .where('event.session_id', '=', session_id)
      .where('event.sequence', '>', columnValue(options.after ?? 0))
      .orderBy('event.sequence')
    if (options.upTo !== undefined && options.upTo < Infinity) query = query.where('event.sequence', '<=', options.upTo)
    if (options.types !== undefined) query = query.where('event.type', 'in', [...options.types])
    if (options.limit !== undefined && options.limit < Infinity) query = query.limit(options.limit)
    return (await query.execute()).map(decodeRow)
  }

  async head(sessionId: SessionId): Promise<number> {
    return (await this.#state(keyOf(this.#context.workspace, sessionId)))?.head ?? 0
  }

  subscribe(sessionId: SessionId, options: SubscribeOptions = {}): AsyncIterable<LoggedEvent> {
    const key = keyOf(this.#context.workspace, sessionId)
    const source: FeedSource = {
      state: () => this.#state(key),
      read: async ({ logId, after, limit }) => {
        const query = this.#queries.follow({ ...key, log_id: logId, after: columnValue(after), limit })
        return (await this.#context.backend.reader.executeQuery(query)).rows.map(decodeRow)
      },
    }
    return this.#context.feed.subscribe(topicOf(key), source, options)
  }

  async delete(sessionId: SessionId): Promise<void> {
    const key = keyOf(this.#context.workspace, sessionId)
    await this.#context.backend.write(topicOf(key), async (transaction) => {
      const blobs = await blobsOfSession(transaction, key)
      await transaction
        .deleteFrom('event')
        .where((eb) => eb.and(key))
        .execute()
      await transaction
        .updateTable('session')
        .set({ head_sequence: 0, log_id: newIdBody() })
        .where((eb) => eb.and(key))
        .execute()
      await deleteUnreferencedBlobs(transaction, key, blobs)
    })
    endTopic(this.#context, key)
  }

  async #append(
    transaction: Kysely<Tables>,
    request: {
      key: SessionKey
      drafts: readonly EventDraft[]
      encoded: ReadonlyMap<string, EncodedDraft>
      options: AppendOptions
    },
  ): Promise<Appended> {
    const { key, drafts, encoded, options } = request
    const known = await this.#find(transaction, key, [...encoded.keys()])
    const missing = [...encoded.values()].filter(({ draft }) => !known.has(draft.id))
    const advance = this.#queries.advance({ ...key, count: missing.length, fence: options.fence })
    const session = (await transaction.executeQuery(advance)).rows[0]
    if (!session) throw await refusalOf(transaction, key, options.fence)

    const first = session.head_sequence - missing.length + 1
    const rows = missing.map(({ draft, payload }, index) => rowOf(draft, payload, first + index))
    await this.#insert(transaction, key, rows)
    await takeFromInbox(transaction, key, options.takenFromInbox ?? [])

    const fresh = rows.map(decodeRow)
    for (const event of fresh) known.set(event.id, event)
    return { events: drafts.map((draft) => known.get(draft.id)!), fresh }
  }

  async #find(transaction: Kysely<Tables>, key: SessionKey, ids: readonly string[]): Promise<Map<string, LoggedEvent>> {
    const found = new Map<string, LoggedEvent>()
    for (const chunk of chunks(ids)) {
      const query = this.#queries.findByIds(
        key,
        chunk.map((event_id) => ({ event_id })),
      )
      for (const row of (await transaction.executeQuery(query)).rows) found.set(row.event_id, decodeRow(row))
    }
    return found
  }

  async #insert(transaction: Kysely<Tables>, key: SessionKey, rows: readonly NewRow[]): Promise<void> {
    for (const { blob_hash: hash, content } of rows) {
      if (hash !== null) await putBlob(transaction, key, { hash, content })
    }
    for (const chunk of chunks(rows)) {
      const items = chunk.map(({ content: _content, ...row }): EventRow => row)
      await transaction.executeQuery(this.#queries.insert(key, items))
    }
  }

  async #state(key: SessionKey) {
    const row = (await this.#context.backend.reader.executeQuery(this.#queries.logState(key))).rows[0]
    return row ? { logId: row.log_id, head: row.head_sequence } : null
  }
}

type NewRow = EventRow & { content: string }

function rowOf(draft: EventDraft, content: string, sequence: number): NewRow {
  const hash = blobHashOf(content)
  return {
    sequence,
    event_id: draft.id,
    type: draft.type,
    schema_version: eventSchemaVersion,
    payload: hash === null ? content : null,
    blob_hash: hash,
    content,
  }
}

const decodeRow = (row: StoredEventRow): LoggedEvent =>
  decodeEvent({ sequence: row.sequence, schemaVersion: row.schema_version, payload: row.content })

async function takeFromInbox(transaction: Kysely<Tables>, key: SessionKey, ids: readonly EventId[]): Promise<void> {
  for (const chunk of chunks(ids)) {
    await transaction
      .deleteFrom('inbox')
      .where((eb) => eb.and(key))
      .where('event_id', 'in', [...chunk])
      .execute()
  }
}

/** PostgreSQL has no number that is greater than all others. */
const columnValue = (sequence: number): number => Math.min(sequence, Number.MAX_SAFE_INTEGER)

function* chunks<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += rowsPerStatement)
    yield items.slice(start, start + rowsPerStatement)
}
