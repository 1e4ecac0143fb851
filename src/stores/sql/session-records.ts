import { sql, type Kysely, type Selectable, type UpdateObject } from 'kysely'
import type { SessionId } from '../../domain/ids.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type {
  ListSessionsOptions,
  NewSessionRecord,
  SessionRecord,
  SessionRecordChange,
  SessionRecords,
} from '../../ports/session-records.ts'
import { sessionNotFound } from '../leases/refusals.ts'
import { deleteSession } from './delete-session.ts'
import { findSession, insertSession, isDriven, ownerOf, replaceTags, type FoundSession } from './insert-session.ts'
import type { SessionTable, Tables } from './schema.ts'
import { columnsOfChange, recordOf, ttlMsOf } from './session-columns.ts'
import { isAlive, keyOf, refusalOf, touched } from './session-row.ts'
import { endTopic, topicOf, type SqlStoreContext } from './sql-store-context.ts'

export class SqlSessionRecords implements SessionRecords {
  readonly #context: SqlStoreContext

  constructor(context: SqlStoreContext) {
    this.#context = context
  }

  async create(record: NewSessionRecord): Promise<SessionRecord> {
    const mayReplace = (session: FoundSession): boolean => session.expired && !isDriven(session, this.#context)
    const row = await this.#context.backend.write(topicOf(keyOf(this.#context.workspace, record.id)), (transaction) =>
      insertSession(transaction, { record, mayReplace }, this.#context),
    )
    return recordOf(row)
  }

  async get(sessionId: SessionId): Promise<SessionRecord | null> {
    const { backend, workspace } = this.#context
    const row = await backend.reader
      .selectFrom('session')
      .selectAll()
      .where((eb) => eb.and(keyOf(workspace, sessionId)))
      .where(isAlive(backend.now))
      .executeTakeFirst()
    return row ? recordOf(row) : null
  }

  async list(options: ListSessionsOptions = {}): Promise<SessionRecord[]> {
    const { backend, workspace } = this.#context
    let query = backend.reader
      .selectFrom('session')
      .selectAll()
      .where((eb) => eb.and(workspace))
      .where(isAlive(backend.now))
      .orderBy('created_at', 'desc')
      .orderBy('session_id', 'desc')
    if (options.status !== undefined) query = query.where('status', '=', options.status)
    if (options.parentId !== undefined) query = query.where('parent_session_id', '=', options.parentId)
    if (options.limit !== undefined && options.limit < Infinity) query = query.limit(options.limit)
    const { tag } = options
    if (tag !== undefined) {
      query = query.where('session_id', 'in', (eb) =>
        eb
          .selectFrom('session_tag')
          .select('session_tag.session_id')
          .where((inner) => inner.and({ ...workspace, tag })),
      )
    }
    return (await query.execute()).map(recordOf)
  }

  async update(sessionId: SessionId, change: SessionRecordChange): Promise<SessionRecord> {
    const { backend, workspace } = this.#context
    const key = keyOf(workspace, sessionId)
    const columns: UpdateObject<Tables, 'session'> = { ...touched(backend.now), ...columnsOfChange(change) }
    if (change.ttlSeconds !== undefined) {
      const ttlMs = ttlMsOf(change.ttlSeconds)
      columns.expires_at = ttlMs === null ? null : sql<number>`${backend.now} + ${ttlMs}`
    }
    const row = await backend.write(topicOf(key), async (transaction) => {
      const update = transaction
        .updateTable('session')
        .where((eb) => eb.and(key))
        .returningAll()
      // A driver may write on after the session's time, as long as the session is there: it is alive.
      const updated =
        change.fence === undefined
          ? await update.set(columns).where(isAlive(backend.now)).executeTakeFirst()
          : await update
              .set({ ...columns, fence: change.fence })
              .where('fence', '<=', change.fence)
              .executeTakeFirst()
      if (!updated) {
        throw change.fence === undefined ? sessionNotFound(sessionId) : await refusalOf(transaction, key, change.fence)
      }
      if (change.tags !== undefined) await replaceTags(transaction, key, change.tags)
      if (change.agentSessionId !== undefined)
        await this.#claimConversation(transaction, updated, change.agentSessionId)
      return updated
    })
    return recordOf(row)
  }

  async delete(sessionId: SessionId): Promise<void> {
    const key = keyOf(this.#context.workspace, sessionId)
    await this.#context.backend.write(topicOf(key), async (transaction) => {
      const session = await findSession(transaction, key, this.#context)
      if (!session) throw sessionNotFound(sessionId)
      if (isDriven(session, this.#context)) {
        throw new PerdureError('lease_held', `session ${sessionId} is being driven and cannot be deleted`, {
          details: { session_id: sessionId, owner: ownerOf(session) },
        })
      }
      await deleteSession(transaction, { ...key, fence: session.fence })
    })
    endTopic(this.#context, key)
  }

  async deleteExpired(): Promise<SessionId[]> {
    const { backend, workspace } = this.#context
    const expired = await backend.reader
      .selectFrom('session')
      .select('session_id')
      .where((eb) => eb.and(workspace))
      .where('expires_at', '<=', backend.now)
      .execute()
    const deleted = await Promise.all(expired.map(({ session_id }) => this.#deleteIfExpired(session_id as SessionId)))
    return deleted.filter((sessionId) => sessionId !== null)
  }

  async #deleteIfExpired(sessionId: SessionId): Promise<SessionId | null> {
    const key = keyOf(this.#context.workspace, sessionId)
    const deleted = await this.#context.backend.write(topicOf(key), async (transaction) => {
      const session = await findSession(transaction, key, this.#context)
      if (!session || !session.expired || isDriven(session, this.#context)) return false
      await deleteSession(transaction, { ...key, fence: session.fence })
      return true
    })
    if (deleted) endTopic(this.#context, key)
    return deleted ? sessionId : null
  }

  async #claimConversation(transaction: Kysely<Tables>, session: Selectable<SessionTable>, agentSessionId: string) {
    const { organization_id, workspace_id, session_id, fence } = session
    await transaction
      .insertInto('conversation')
      .values({
        organization_id,
        workspace_id,
        agent_session_id: agentSessionId,
        session_id,
        fence,
        last_position: 0,
        updated_at: this.#context.backend.now,
      })
      .onConflict((conflict) =>
        conflict.columns(['organization_id', 'workspace_id', 'agent_session_id']).doUpdateSet({ session_id }),
      )
      .execute()
  }
}
