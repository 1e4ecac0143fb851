import { sql, type Kysely, type Selectable, type UpdateObject } from 'kysely'
import { newIdBody, type SessionId } from '../../domain/ids.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { LeaseOwner } from '../../ports/lease.ts'
import type {
  ListSessionsOptions,
  NewSessionRecord,
  SessionRecord,
  SessionRecordChange,
  SessionRecords,
} from '../../ports/session-records.ts'
import { deleteSession, takeFenceOfDeleted } from './delete-session.ts'
import type { SessionKey, SessionTable, Tables } from './schema.ts'
import { columnsOfChange, columnsOfNew, recordOf, ttlMsOf } from './session-columns.ts'
import { isAlive, keyOf, refusalOf, sessionNotFound, touched } from './session-row.ts'
import { endTopic, topicOf, type SqlStoreContext } from './sql-store-context.ts'

export class SqlSessionRecords implements SessionRecords {
  readonly #context: SqlStoreContext

  constructor(context: SqlStoreContext) {
    this.#context = context
  }

  async create(record: NewSessionRecord): Promise<SessionRecord> {
    const key = keyOf(this.#context.workspace, record.id)
    const row = await this.#context.backend.write(topicOf(key), async (transaction) => {
      const existing = await this.#find(transaction, key)
      if (existing && (!existing.expired || this.#isDriven(existing))) throw sessionExists(record.id)
      if (existing) await deleteSession(transaction, { ...key, fence: existing.fence })
      const fence = await takeFenceOfDeleted(transaction, key)
      const inserted = await this.#insert(transaction, { key, record, fence })
      await replaceTags(transaction, key, record.tags)
      return inserted
    })
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
      const session = await this.#find(transaction, key)
      if (!session) throw sessionNotFound(sessionId)
      if (this.#isDriven(session)) {
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
      const session = await this.#find(transaction, key)
      if (!session || !session.expired || this.#isDriven(session)) return false
      await deleteSession(transaction, { ...key, fence: session.fence })
      return true
    })
    if (deleted) endTopic(this.#context, key)
    return deleted ? sessionId : null
  }

  async #find(transaction: Kysely<Tables>, key: SessionKey): Promise<FoundSession | undefined> {
    const { now } = this.#context.backend
    const row = await transaction
      .selectFrom('session')
      .select(['fence', 'lease_owner'])
      .select((eb) => [
        eb.case().when('expires_at', '<=', now).then(1).else(0).end().as('expired'),
        eb.case().when('lease_expires_at', '>', now).then(1).else(0).end().as('leased'),
      ])
      .where((eb) => eb.and(key))
      .executeTakeFirst()
    return row && { ...row, expired: row.expired === 1, leased: row.leased === 1 }
  }

  #isDriven(session: FoundSession): boolean {
    const owner = ownerOf(session)
    return session.leased && owner !== null && !this.#context.isOwnerGone(owner)
  }

  #insert(
    transaction: Kysely<Tables>,
    session: { key: SessionKey; record: NewSessionRecord; fence: number },
  ): Promise<Selectable<SessionTable>> {
    const { now } = this.#context.backend
    const ttlMs = ttlMsOf(session.record.ttlSeconds)
    return transaction
      .insertInto('session')
      .values({
        ...session.key,
        ...columnsOfNew(session.record),
        created_at: now,
        updated_at: now,
        expires_at: ttlMs === null ? null : sql<number>`${now} + ${ttlMs}`,
        log_id: newIdBody(),
        head_sequence: 0,
        fence: session.fence,
      })
      .returningAll()
      .executeTakeFirstOrThrow()
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

interface FoundSession {
  readonly fence: number
  readonly lease_owner: string | null
  readonly expired: boolean
  readonly leased: boolean
}

const ownerOf = (session: FoundSession): LeaseOwner | null =>
  session.lease_owner === null ? null : (JSON.parse(session.lease_owner) as LeaseOwner)

const sessionExists = (sessionId: SessionId): PerdureError =>
  new PerdureError('session_exists', `there is already a session ${sessionId}`, { details: { session_id: sessionId } })

async function replaceTags(transaction: Kysely<Tables>, key: SessionKey, tags: readonly string[]): Promise<void> {
  await transaction
    .deleteFrom('session_tag')
    .where((eb) => eb.and(key))
    .execute()
  const rows = [...new Set(tags)].map((tag) => ({ ...key, tag }))
  if (rows.length > 0) await transaction.insertInto('session_tag').values(rows).execute()
}
