import { sql, type Kysely, type Selectable } from 'kysely'
import { newIdBody } from '../../domain/ids.ts'
import type { LeaseOwner } from '../../ports/lease.ts'
import type { NewSessionRecord } from '../../ports/session-records.ts'
import { sessionExists } from '../leases/refusals.ts'
import { deleteSession, takeFenceOfDeleted } from './delete-session.ts'
import type { SessionKey, SessionTable, Tables } from './schema.ts'
import { columnsOfNew, ttlMsOf } from './session-columns.ts'
import { keyOf } from './session-row.ts'
import type { SqlStoreContext } from './sql-store-context.ts'

/** What decides whether a session may be removed. */
export interface FoundSession {
  readonly fence: number
  readonly lease_owner: string | null
  readonly transit: string | null
  readonly expired: boolean
  readonly leased: boolean
}

/** Also one that has expired, or is in transit. */
export async function findSession(
  transaction: Kysely<Tables>,
  key: SessionKey,
  { backend }: SqlStoreContext,
): Promise<FoundSession | undefined> {
  const row = await transaction
    .selectFrom('session')
    .select(['fence', 'lease_owner', 'transit'])
    .select((eb) => [
      eb.case().when('expires_at', '<=', backend.now).then(1).else(0).end().as('expired'),
      eb.case().when('lease_expires_at', '>', backend.now).then(1).else(0).end().as('leased'),
    ])
    .where((eb) => eb.and(key))
    .executeTakeFirst()
  return row && { ...row, expired: row.expired === 1, leased: row.leased === 1 }
}

export const ownerOf = (session: FoundSession): LeaseOwner | null =>
  session.lease_owner === null ? null : (JSON.parse(session.lease_owner) as LeaseOwner)

export function isDriven(session: FoundSession, { isOwnerGone }: SqlStoreContext): boolean {
  const owner = ownerOf(session)
  return session.leased && owner !== null && !isOwnerGone(owner)
}

/** Inserts a session, in the place of one that nobody misses. @throws {PerdureError} `session_exists`. */
export async function insertSession(
  transaction: Kysely<Tables>,
  { record, mayReplace }: { record: NewSessionRecord; mayReplace: (session: FoundSession) => boolean },
  context: SqlStoreContext,
): Promise<Selectable<SessionTable>> {
  const { now } = context.backend
  const key = keyOf(context.workspace, record.id)
  const existing = await findSession(transaction, key, context)
  if (existing && !mayReplace(existing)) {
    throw sessionExists(record.id)
  }
  if (existing) await deleteSession(transaction, { ...key, fence: existing.fence })
  const fence = await takeFenceOfDeleted(transaction, key)
  const ttlMs = ttlMsOf(record.ttlSeconds)
  const inserted = await transaction
    .insertInto('session')
    .values({
      ...key,
      ...columnsOfNew(record),
      created_at: now,
      updated_at: now,
      expires_at: ttlMs === null ? null : sql<number>`${now} + ${ttlMs}`,
      log_id: newIdBody(),
      head_sequence: 0,
      fence,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  await replaceTags(transaction, key, record.tags)
  return inserted
}

export async function replaceTags(
  transaction: Kysely<Tables>,
  key: SessionKey,
  tags: readonly string[],
): Promise<void> {
  await transaction
    .deleteFrom('session_tag')
    .where((eb) => eb.and(key))
    .execute()
  const rows = [...new Set(tags)].map((tag) => ({ ...key, tag }))
  if (rows.length > 0) await transaction.insertInto('session_tag').values(rows).execute()
}
