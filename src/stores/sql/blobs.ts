import { createHash } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { SessionKey, Tables, WorkspaceColumns } from './schema.ts'

/** Payloads larger than this many bytes are kept by their content, once per workspace. */
export const inlinePayloadBytes = 64 * 1024

const hashesPerStatement = 500

/** The hash under which the payload belongs into `blob`; null for one that stays in its row. */
export function blobHashOf(payload: string): string | null {
  // A UTF-16 unit is at most three bytes of UTF-8, so most payloads need no count.
  if (payload.length * 3 <= inlinePayloadBytes || Buffer.byteLength(payload) <= inlinePayloadBytes) return null
  return createHash('sha256').update(payload).digest('hex')
}

export async function putBlob(
  transaction: Kysely<Tables>,
  workspace: WorkspaceColumns,
  blob: { hash: string; content: string },
): Promise<void> {
  const { organization_id, workspace_id } = workspace
  await transaction
    .insertInto('blob')
    .values({ organization_id, workspace_id, ...blob })
    // An update, and not nothing, locks the row: whoever is about to remove the blob as unused waits, and finds it used.
    .onConflict((conflict) =>
      conflict.columns(['organization_id', 'workspace_id', 'hash']).doUpdateSet({ hash: blob.hash }),
    )
    .execute()
}

export async function blobsOfSession(transaction: Kysely<Tables>, key: SessionKey): Promise<string[]> {
  const rows = await transaction
    .selectFrom('event')
    .select('blob_hash')
    .distinct()
    .where((eb) => eb.and(key))
    .where('blob_hash', 'is not', null)
    .$narrowType<{ blob_hash: string }>()
    .execute()
  return rows.map((row) => row.blob_hash)
}

/** Removes those of the blobs that no event refers to any more. */
export async function deleteUnreferencedBlobs(
  transaction: Kysely<Tables>,
  workspace: WorkspaceColumns,
  hashes: readonly string[],
): Promise<void> {
  const { organization_id, workspace_id } = workspace
  for (let start = 0; start < hashes.length; start += hashesPerStatement) {
    const some = hashes.slice(start, start + hashesPerStatement)
    // Locks the rows: other sessions may be about to refer to them, and the next statement sees what they committed.
    await transaction
      .updateTable('blob')
      .set((eb) => ({ hash: eb.ref('hash') }))
      .where((eb) => eb.and({ organization_id, workspace_id }))
      .where('hash', 'in', some)
      .execute()
    await transaction
      .deleteFrom('blob')
      .where((eb) => eb.and({ organization_id, workspace_id }))
      .where('hash', 'in', some)
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom('event')
              .select('event.sequence')
              .where((inner) =>
                inner.and({ 'event.organization_id': organization_id, 'event.workspace_id': workspace_id }),
              )
              .whereRef('event.blob_hash', '=', 'blob.hash'),
          ),
        ),
      )
      .execute()
  }
}
