import { z } from 'zod'
import { checkpointIdSchema, packNameSchema, type CheckpointId, type PackName } from '../../domain/checkpoint-id.ts'
import type { SessionId } from '../../domain/ids.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { CheckpointRecord, CheckpointStore } from '../../ports/checkpoint-store.ts'
import { mapSome } from './documents.ts'
import { objectName } from './object-name.ts'
import type { ObjectWorkspace } from './object-workspace.ts'

const storedSchema = z.object({
  putAtMs: z.number(),
  record: z.object({
    id: checkpointIdSchema,
    parent: checkpointIdSchema.exactOptional(),
    packs: z.array(packNameSchema),
    createdAt: z.string(),
  }),
})

/** Digits of a time in a key, for all times to come. */
const timeDigits = 15

/**
 * Checkpoints of one workspace, an object for each pack and each record. Beside a pack lie empty objects whose names say
 * when it was asked for, since an object cannot be touched.
 */
export class ObjectCheckpointStore implements CheckpointStore {
  readonly #workspace: ObjectWorkspace

  constructor(workspace: ObjectWorkspace) {
    this.#workspace = workspace
  }

  async putPack(name: PackName, bytes: Uint8Array): Promise<void> {
    // First, so that it is not removed as unused between two looks.
    await this.#touch(name)
    if ((await this.missingPacks([name])).length > 0) await this.#workspace.bucket.create(this.#packKey(name), bytes)
  }

  async getPack(name: PackName): Promise<Uint8Array<ArrayBuffer> | null> {
    return this.#workspace.bucket.read(this.#packKey(name))
  }

  async missingPacks(names: readonly PackName[]): Promise<PackName[]> {
    const found = await mapSome(names, async (name) => {
      const key = this.#packKey(name)
      return (await this.#workspace.bucket.list(key, { limit: 1 }))[0] === key
    })
    return names.filter((_, index) => !found[index])
  }

  async putRecord(sessionId: SessionId, record: CheckpointRecord): Promise<void> {
    for (const name of record.packs) await this.#touch(name)
    const missing = await this.missingPacks(record.packs)
    const hasParent = record.parent === undefined || (await this.getRecord(sessionId, record.parent)) !== null
    if (missing.length > 0 || !hasParent) {
      throw new PerdureError('storage_failed', `What ${record.id} needs is not all here.`)
    }
    const stored = { putAtMs: await this.#workspace.bucket.now(), record }
    await this.#workspace.bucket.create(this.#recordKey(sessionId, record.id), Buffer.from(JSON.stringify(stored)))
  }

  async getRecord(sessionId: SessionId, id: CheckpointId): Promise<CheckpointRecord | null> {
    return (await this.#record(this.#recordKey(sessionId, id)))?.record ?? null
  }

  async listRecords(sessionId: SessionId): Promise<CheckpointRecord[]> {
    const keys = await this.#workspace.bucket.list(this.#workspace.checkpointRecords(sessionId))
    const found = (await mapSome(keys, (key) => this.#record(key))).flatMap((stored) => stored ?? [])
    // Within one tick of the clock, a parent still comes first.
    return found
      .toSorted((a, b) => a.putAtMs - b.putAtMs || (a.record.parent === b.record.id ? 1 : -1))
      .map(({ record }) => record)
  }

  async deleteRecords(sessionId: SessionId): Promise<void> {
    const { bucket } = this.#workspace
    await bucket.delete(await bucket.list(this.#workspace.checkpointRecords(sessionId)))
  }

  async deleteUnusedPacks({ graceMs }: { readonly graceMs: number }): Promise<number> {
    const { bucket } = this.#workspace
    const before = (await bucket.now()) - graceMs
    const names = [...(await this.#packsByTouch(this.#packsPrefix))]
      .filter(([, at]) => at <= before)
      .map(([name]) => name)
    if (names.length === 0) return 0
    const needed = await this.#neededPacks()
    const removed = await mapSome(names, async (name) => {
      if (needed.has(name)) return false
      // Looked at again, since a record that is being put now has renewed it.
      const touched = await this.#packsByTouch(this.#packFolder(name))
      if ([...touched.values()].some((at) => at > before)) return false
      await bucket.delete(await bucket.list(this.#packFolder(name)))
      return true
    })
    return removed.filter(Boolean).length
  }

  get #packsPrefix(): string {
    return `${this.#workspace.prefix}/p/`
  }

  #packFolder(name: PackName): string {
    return `${this.#packsPrefix}${packNameSchema.parse(name)}/`
  }

  #packKey(name: PackName): string {
    return `${this.#packFolder(name)}pack`
  }

  #recordKey(sessionId: SessionId, id: CheckpointId): string {
    return `${this.#workspace.checkpointRecords(sessionId)}${objectName(checkpointIdSchema.parse(id))}`
  }

  async #touch(name: PackName): Promise<void> {
    const { bucket } = this.#workspace
    const time = String(Math.floor(await bucket.now())).padStart(timeDigits, '0')
    await bucket.create(`${this.#packFolder(name)}asked-${time}`, new Uint8Array())
  }

  /** When each was asked for last. */
  async #packsByTouch(prefix: string): Promise<Map<PackName, number>> {
    const times = new Map<PackName, number>()
    for (const key of await this.#workspace.bucket.list(prefix)) {
      const [name, entry] = key.split('/').slice(-2) as [PackName, string]
      const time = entry.startsWith('asked-') ? Number(entry.slice(-timeDigits)) : 0
      times.set(name, Math.max(times.get(name) ?? 0, time))
    }
    return times
  }

  async #neededPacks(): Promise<Set<PackName>> {
    const keys = await this.#workspace.bucket.list(`${this.#workspace.prefix}/k/`)
    const records = await mapSome(keys, (key) => this.#record(key))
    return new Set(records.flatMap((stored) => stored?.record.packs ?? []))
  }

  async #record(key: string): Promise<{ putAtMs: number; record: CheckpointRecord } | null> {
    const bytes = await this.#workspace.bucket.read(key)
    return bytes && storedSchema.parse(JSON.parse(Buffer.from(bytes).toString()))
  }
}
