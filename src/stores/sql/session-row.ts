import { sql, type Expression, type Kysely, type RawBuilder } from 'kysely'
import type { SessionId } from '../../domain/ids.ts'
import type { PerdureError } from '../../errors/perdure-error.ts'
import { leaseLost, sessionNotFound } from '../leases/refusals.ts'
import type { SessionKey, Tables, WorkspaceColumns } from './schema.ts'

export const keyOf = (workspace: WorkspaceColumns, sessionId: SessionId): SessionKey => ({
  ...workspace,
  session_id: sessionId,
})

/** What every change of a session sets besides: the time of the change, and with it the end of its life. */
export const touched = (
  now: Expression<number>,
): { updated_at: Expression<number>; expires_at: RawBuilder<number | null> } => ({
  updated_at: now,
  expires_at: sql<number | null>`${now} + ttl_ms`,
})

/** True for a session whose time is not over, and that is not in transit. */
export const isAlive = (now: Expression<number>): RawBuilder<boolean> =>
  sql<boolean>`(transit is null and (expires_at is null or expires_at > ${now}))`

/** Why a write under this fence found no session to change: it is gone, or another took it over. */
export async function refusalOf(transaction: Kysely<Tables>, key: SessionKey, fence: number): Promise<PerdureError> {
  const session = await transaction
    .selectFrom('session')
    .select('fence')
    .where((eb) => eb.and(key))
    .executeTakeFirst()
  return session ? leaseLost(key.session_id, { fence, highestFence: session.fence }) : sessionNotFound(key.session_id)
}
