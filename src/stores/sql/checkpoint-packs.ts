import { sql } from 'kysely'
import type { PackName } from '../../domain/checkpoint-id.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { WorkspaceColumns } from './schema.ts'
import type { SqlStoreContext } from './sql-store-context.ts'

/** Part of the schema, since two writers may put chunks of one pack: it never changes. A row has a third more, as Base64. */
const chunkBytes = 2 ** 20

type PackPlace = Pick<SqlStoreContext, 'backend' | 'workspace'>

/** The packs of a workspace are counted and removed in one turn, so that none goes while a checkpoint begins to need it. */
export const packsTurn = ({ organization_id, workspace_id }: WorkspaceColumns): string =>
  JSON.stringify(['checkpoints', organization_id, workspace_id])

/** Chunk after chunk, each in a transaction of its own: no statement is large, and others write in between. */
export async function writePack({ backend, workspace }: PackPlace, name: PackName, bytes: Uint8Array): Promise<void> {
  const key = { ...workspace, pack_name: name }
  const { now } = backend
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const count = Math.ceil(buffer.length / chunkBytes)
  for (let position = 0; position < count; position++) {
    const content = buffer.toString('base64', position * chunkBytes, (position + 1) * chunkBytes)
    await backend.write(JSON.stringify(['pack', ...Object.values(key)]), (transaction) =>
      transaction
        .insertInto('checkpoint_chunk')
        .values({ ...key, position, content, put_at: now })
        .onConflict((conflict) =>
          conflict.columns(['organization_id', 'workspace_id', 'pack_name', 'position']).doUpdateSet({ put_at: now }),
        )
        .execute(),
    )
  }
  await backend.write(packsTurn(workspace), async (transaction) => {
    const { chunks } = await transaction
      .selectFrom('checkpoint_chunk')
      .select((eb) => eb.cast<number>(eb.fn.countAll(), 'integer').as('chunks'))
      .where((eb) => eb.and(key))
      .executeTakeFirstOrThrow()
    // A slow writer's first chunks may have been taken for those of one that died.
    if (chunks !== count) throw new PerdureError('storage_failed', `The pack ${name} was not put as a whole.`)
    await transaction
      .insertInto('checkpoint_pack')
      .values({ ...key, byte_count: buffer.length, put_at: now })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  })
}

/** Null when it is not here, or goes while it is read. */
export async function readPack(
  { backend, workspace }: PackPlace,
  name: PackName,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const key = { ...workspace, pack_name: name }
  const pack = await backend.reader
    .selectFrom('checkpoint_pack')
    .select('byte_count')
    .where((eb) => eb.and(key))
    .executeTakeFirst()
  if (!pack) return null
  const bytes = Buffer.from(new ArrayBuffer(pack.byte_count))
  for (let start = 0; start < bytes.length; start += chunkBytes) {
    const chunk = await backend.reader
      .selectFrom('checkpoint_chunk')
      .select('content')
      .where((eb) => eb.and({ ...key, position: start / chunkBytes }))
      .executeTakeFirst()
    if (!chunk) return null
    bytes.write(chunk.content, start, 'base64')
  }
  return bytes
}

/** Those that no checkpoint needs, and chunks that belong to no pack. */
export function deleteUnusedPacks({ backend, workspace }: PackPlace, graceMs: number): Promise<number> {
  const before = sql<number>`${backend.now} - ${graceMs}`
  return backend.write(packsTurn(workspace), async (transaction) => {
    const removed = await transaction
      .deleteFrom('checkpoint_pack')
      .where((eb) => eb.and(workspace))
      .where('put_at', '<=', before)
      .where('pack_name', 'not in', (eb) =>
        eb
          .selectFrom('checkpoint_need')
          .select('checkpoint_need.pack_name')
          .where((inner) => inner.and(workspace)),
      )
      .returning('pack_name')
      .execute()
    await transaction
      .deleteFrom('checkpoint_chunk')
      .where((eb) => eb.and(workspace))
      .where('put_at', '<=', before)
      .where('pack_name', 'not in', (eb) =>
        eb
          .selectFrom('checkpoint_pack')
          .select('checkpoint_pack.pack_name')
          .where((inner) => inner.and(workspace)),
      )
      .execute()
    return removed.length
  })
}
