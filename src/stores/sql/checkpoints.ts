import type { ExpressionBuilder, Kysely } from 'kysely'
import type { CheckpointId, PackName } from '../../domain/checkpoint-id.ts'
import type { SessionId } from '../../domain/ids.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { CheckpointRecord, CheckpointStore } from '../../ports/checkpoint-store.ts'
import { deleteUnusedPacks, packsTurn, readPack, writePack } from './checkpoint-packs.ts'
import type { SessionKey, Tables } from './schema.ts'
import { keyOf } from './session-row.ts'
import { topicOf, type SqlStoreContext } from './sql-store-context.ts'

const namesPerStatement = 500

export class SqlCheckpointStore implements CheckpointStore {
  readonly #context: SqlStoreContext

  constructor(context: SqlStoreContext) {
    this.#context = context
  }

  async putPack(name: PackName, bytes: Uint8Array): Promise<void> {
    const { backend, workspace } = this.#context
    const touched = await backend.write(packsTurn(workspace), (transaction) => this.#touch(transaction, [name]))
    if (touched === 0) await writePack(this.#context, name, bytes)
  }

  getPack(name: PackName): Promise<Uint8Array<ArrayBuffer> | null> {
    return readPack(this.#context, name)
  }

  async missingPacks(names: readonly PackName[]): Promise<PackName[]> {
    const { backend, workspace } = this.#context
    const found = new Set<string>()
    for (let start = 0; start < names.length; start += namesPerStatement) {
      const rows = await backend.reader
        .selectFrom('checkpoint_pack')
        .select('pack_name')
        .where((eb) => eb.and(workspace))
        .where('pack_name', 'in', names.slice(start, start + namesPerStatement))
        .execute()
      for (const { pack_name } of rows) found.add(pack_name)
    }
    return names.filter((name) => !found.has(name))
  }

  async putRecord(sessionId: SessionId, { id, parent, packs, createdAt }: CheckpointRecord): Promise<void> {
    const { backend, workspace } = this.#context
    const key = keyOf(workspace, sessionId)
    await backend.write(packsTurn(workspace), async (transaction) => {
      const names = [...new Set(packs)]
      const hasPacks = (await this.#touch(transaction, names)) === names.length
      const hasParent = parent === undefined || (await isHere(transaction, { ...key, checkpoint_id: parent }))
      if (!hasPacks || !hasParent) throw new PerdureError('storage_failed', `What ${id} needs is not all here.`)
      const added = await transaction
        .insertInto('checkpoint')
        .values((eb) => ({
          ...key,
          checkpoint_id: id,
          position: nextPosition(eb, key),
          parent_checkpoint_id: parent ?? null,
          created_at: createdAt,
        }))
        .onConflict((conflict) => conflict.doNothing())
        .returning('checkpoint_id')
        .executeTakeFirst()
      const needs = packs.map((pack_name, position) => ({ ...key, checkpoint_id: id, position, pack_name }))
      for (let start = 0; added && start < needs.length; start += namesPerStatement) {
        await transaction
          .insertInto('checkpoint_need')
          .values(needs.slice(start, start + namesPerStatement))
          .execute()
      }
    })
  }

  async getRecord(sessionId: SessionId, id: CheckpointId): Promise<CheckpointRecord | null> {
    return (await this.#records(sessionId, id))[0] ?? null
  }

  listRecords(sessionId: SessionId): Promise<CheckpointRecord[]> {
    return this.#records(sessionId)
  }

  async deleteRecords(sessionId: SessionId): Promise<void> {
    const key = keyOf(this.#context.workspace, sessionId)
    await this.#context.backend.write(topicOf(key), (transaction) => deleteCheckpoints(transaction, key))
  }

  deleteUnusedPacks({ graceMs }: { readonly graceMs: number }): Promise<number> {
    return deleteUnusedPacks(this.#context, graceMs)
  }

  /** Keeps packs from being removed as unused for a while; resolves to how many of them are here. */
  async #touch(transaction: Kysely<Tables>, names: readonly PackName[]): Promise<number> {
    const { backend, workspace } = this.#context
    let count = 0
    for (let start = 0; start < names.length; start += namesPerStatement) {
      const rows = await transaction
        .updateTable('checkpoint_pack')
        .set({ put_at: backend.now })
        .where((eb) => eb.and(workspace))
        .where('pack_name', 'in', names.slice(start, start + namesPerStatement))
        .returning('pack_name')
        .execute()
      count += rows.length
    }
    return count
  }

  /** One statement, so that no record is seen without the packs that it needs. */
  async #records(sessionId: SessionId, id?: CheckpointId): Promise<CheckpointRecord[]> {
    const { backend, workspace } = this.#context
    const key = { ...keyOf(workspace, sessionId), ...(id === undefined ? {} : { checkpoint_id: id }) }
    const rows = await backend.reader
      .selectFrom('checkpoint')
      .leftJoin('checkpoint_need', (join) =>
        join
          .onRef('checkpoint_need.organization_id', '=', 'checkpoint.organization_id')
          .onRef('checkpoint_need.workspace_id', '=', 'checkpoint.workspace_id')
          .onRef('checkpoint_need.session_id', '=', 'checkpoint.session_id')
          .onRef('checkpoint_need.checkpoint_id', '=', 'checkpoint.checkpoint_id'),
      )
      .select(['checkpoint.checkpoint_id', 'parent_checkpoint_id', 'created_at', 'pack_name'])
      .where((eb) => eb.and(ofCheckpoint(key)))
      .orderBy('checkpoint.position')
      .orderBy('checkpoint_need.position')
      .execute()
    const records = new Map<string, CheckpointRecord & { packs: PackName[] }>()
    for (const { checkpoint_id, parent_checkpoint_id, created_at, pack_name } of rows) {
      const record = records.get(checkpoint_id) ?? {
        id: checkpoint_id as CheckpointId,
        ...(parent_checkpoint_id === null ? {} : { parent: parent_checkpoint_id as CheckpointId }),
        packs: [],
        createdAt: created_at,
      }
      records.set(checkpoint_id, record)
      if (pack_name !== null) record.packs.push(pack_name as PackName)
    }
    return [...records.values()]
  }
}

/** Forgets what a session has saved; its packs may be needed by others. */
export async function deleteCheckpoints(transaction: Kysely<Tables>, key: SessionKey): Promise<void> {
  await transaction
    .deleteFrom('checkpoint')
    .where((eb) => eb.and(key))
    .execute()
}

async function isHere(transaction: Kysely<Tables>, key: SessionKey & { checkpoint_id: string }): Promise<boolean> {
  const found = await transaction
    .selectFrom('checkpoint')
    .select('position')
    .where((eb) => eb.and(key))
    .executeTakeFirst()
  return found !== undefined
}

const nextPosition = (eb: ExpressionBuilder<Tables, 'checkpoint'>, key: SessionKey) =>
  eb
    .selectFrom('checkpoint as earlier')
    .select((inner) => inner.fn.coalesce(inner(inner.fn.max('position'), '+', 1), inner.lit(1)).as('next'))
    .where((inner) => inner.and(key))

const ofCheckpoint = (key: SessionKey & { checkpoint_id?: string }) =>
  Object.fromEntries(Object.entries(key).map(([column, value]) => [`checkpoint.${column}`, value]))
