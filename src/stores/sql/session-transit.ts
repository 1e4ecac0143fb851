import { sql, type Kysely, type Selectable } from 'kysely'
import type { SessionId } from '../../domain/ids.ts'
import type { WaitingInput } from '../../ports/inbox.ts'
import type { SessionRecord } from '../../ports/session-records.ts'
import type { Departure, SessionTransit } from '../../ports/session-transit.ts'
import { sessionNotFound } from '../leases/refusals.ts'
import { putInputs } from './inbox.ts'
import { insertSession, isDriven, type FoundSession } from './insert-session.ts'
import type { SessionKey, SessionTable, Tables } from './schema.ts'
import { recordOf, ttlMsOf } from './session-columns.ts'
import { keyOf, refusalOf, touched } from './session-row.ts'
import { endTopic, topicOf, type SqlStoreContext } from './sql-store-context.ts'

/** How the column `transit` says what the session will be again. */
type Transit =
  | { readonly type: 'arriving'; readonly ttlMs: number | null; readonly updatedAt: number }
  | { readonly type: 'departed'; readonly ttlMs: number | null; readonly to: string }

/** What stops arriving is removed so long after its last write. */
const arrivalTtlMs = 24 * 60 * 60_000

export class SqlSessionTransit implements SessionTransit {
  readonly #context: SqlStoreContext

  constructor(context: SqlStoreContext) {
    this.#context = context
  }

  async expect(record: SessionRecord): Promise<number> {
    const { backend, workspace } = this.#context
    const key = keyOf(workspace, record.id)
    const transit: Transit = {
      type: 'arriving',
      ttlMs: ttlMsOf(record.ttlSeconds),
      updatedAt: record.updatedAt.getTime(),
    }
    const mayReplace = (session: FoundSession): boolean =>
      typeOf(session.transit) === 'arriving' || (session.expired && !isDriven(session, this.#context))
    const { fence } = await backend.write(topicOf(key), async (transaction) => {
      await insertSession(transaction, { record, mayReplace }, this.#context)
      return transaction
        .updateTable('session')
        .set((eb) => ({
          transit: JSON.stringify(transit),
          // Who wrote what had arrived before can write no more.
          fence: eb('fence', '+', 1),
          status: record.status,
          agent_session_id: record.agentSessionId,
          created_at: record.createdAt.getTime(),
          ttl_ms: arrivalTtlMs,
          expires_at: sql<number>`${backend.now} + ${arrivalTtlMs}`,
        }))
        .where((eb) => eb.and(key))
        .returning('fence')
        .executeTakeFirstOrThrow()
    })
    endTopic(this.#context, key)
    return fence
  }

  async arrive(
    sessionId: SessionId,
    { fence, waiting }: { fence: number; waiting: readonly WaitingInput[] },
  ): Promise<SessionRecord> {
    const { backend, workspace } = this.#context
    const key = keyOf(workspace, sessionId)
    const row = await backend.write(topicOf(key), async (transaction) => {
      const transit = await transitOf(transaction, key)
      if (transit?.type !== 'arriving') throw sessionNotFound(sessionId)
      const arrived = await transaction
        .updateTable('session')
        .set({
          transit: null,
          ttl_ms: transit.ttlMs,
          updated_at: transit.updatedAt,
          expires_at: transit.ttlMs === null ? null : sql<number>`${backend.now} + ${transit.ttlMs}`,
        })
        .where((eb) => eb.and({ ...key, fence }))
        .returningAll()
        .executeTakeFirst()
      if (!arrived) throw await refusalOf(transaction, key, fence)
      await putInputs(transaction, key, waiting)
      return arrived
    })
    return recordOf(row)
  }

  async depart(sessionId: SessionId, { fence, to }: { fence: number; to: string }): Promise<void> {
    const { backend, workspace } = this.#context
    const key = keyOf(workspace, sessionId)
    await backend.write(topicOf(key), async (transaction) => {
      const session = await transaction
        .selectFrom('session')
        .select(['ttl_ms', 'transit'])
        .where((eb) => eb.and(key))
        .executeTakeFirst()
      if (!session || session.transit !== null) throw sessionNotFound(sessionId)
      const transit: Transit = { type: 'departed', ttlMs: session.ttl_ms, to }
      const departed = await transaction
        .updateTable('session')
        .set({
          transit: JSON.stringify(transit),
          fence,
          ttl_ms: null,
          expires_at: null,
          lease_owner: null,
          lease_expires_at: null,
        })
        .where((eb) => eb.and(key))
        .where('fence', '<=', fence)
        .returning('fence')
        .executeTakeFirst()
      if (!departed) throw await refusalOf(transaction, key, fence)
    })
  }

  async departures(): Promise<Departure[]> {
    const { backend, workspace } = this.#context
    const rows = await backend.reader
      .selectFrom('session')
      .selectAll()
      .where((eb) => eb.and(workspace))
      .where('transit', 'is not', null)
      .orderBy('created_at')
      .orderBy('session_id')
      .execute()
    return rows.flatMap((row) => departureOf(row))
  }

  async comeBack(sessionId: SessionId): Promise<void> {
    const { backend, workspace } = this.#context
    const key = keyOf(workspace, sessionId)
    await backend.write(topicOf(key), async (transaction) => {
      const transit = await transitOf(transaction, key)
      if (transit?.type !== 'departed') return
      await transaction
        .updateTable('session')
        .set({
          ...touched(backend.now),
          transit: null,
          ttl_ms: transit.ttlMs,
          expires_at: transit.ttlMs === null ? null : sql<number>`${backend.now} + ${transit.ttlMs}`,
        })
        .where((eb) => eb.and(key))
        .execute()
    })
  }
}

const parse = (transit: string | null): Transit | null => (transit === null ? null : (JSON.parse(transit) as Transit))

const typeOf = (transit: string | null): Transit['type'] | undefined => parse(transit)?.type

async function transitOf(transaction: Kysely<Tables>, key: SessionKey): Promise<Transit | null> {
  const row = await transaction
    .selectFrom('session')
    .select('transit')
    .where((eb) => eb.and(key))
    .executeTakeFirst()
  return parse(row?.transit ?? null)
}

function departureOf(row: Selectable<SessionTable>): Departure[] {
  const transit = parse(row.transit)
  if (transit?.type !== 'departed') return []
  return [{ record: recordOf({ ...row, ttl_ms: transit.ttlMs }), to: transit.to }]
}
