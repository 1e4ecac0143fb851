import type { Kysely } from 'kysely'
import { blobsOfSession, deleteUnreferencedBlobs } from './blobs.ts'
import { deleteCheckpoints } from './checkpoints.ts'
import type { SessionKey, Tables } from './schema.ts'

/**
 * Removes a session with its events, inbox, tags, transcripts, large payloads, and checkpoints without their packs; only
 * its fence is remembered.
 */
export async function deleteSession(
  transaction: Kysely<Tables>,
  session: SessionKey & { fence: number },
): Promise<void> {
  const { fence, ...key } = session
  const blobs = await blobsOfSession(transaction, key)
  await transaction
    .deleteFrom('session')
    .where((eb) => eb.and(key))
    .execute()
  await deleteUnreferencedBlobs(transaction, key, blobs)
  await deleteCheckpoints(transaction, key)
  await transaction
    .insertInto('deleted_session')
    .values({ ...key, fence })
    .onConflict((conflict) =>
      conflict.columns(['organization_id', 'workspace_id', 'session_id']).doUpdateSet({ fence }),
    )
    .execute()
}

/** The fence from which a new session under this id goes on. */
export async function takeFenceOfDeleted(transaction: Kysely<Tables>, key: SessionKey): Promise<number> {
  const row = await transaction
    .deleteFrom('deleted_session')
    .where((eb) => eb.and(key))
    .returning('fence')
    .executeTakeFirst()
  return row?.fence ?? 0
}
