import type { CheckpointId, PackName } from '../../domain/checkpoint-id.ts'
import type { SessionId } from '../../domain/ids.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { CheckpointRecord, CheckpointStore } from '../../ports/checkpoint-store.ts'

/** Checkpoints of one workspace in the memory of this process. */
export class MemoryCheckpointStore implements CheckpointStore {
  readonly #packs = new Map<PackName, { readonly bytes: Uint8Array; readonly putAt: number }>()
  readonly #records = new Map<SessionId, Map<CheckpointId, CheckpointRecord>>()

  async putPack(name: PackName, bytes: Uint8Array): Promise<void> {
    const known = this.#packs.get(name)
    this.#packs.set(name, { bytes: known?.bytes ?? Uint8Array.from(bytes), putAt: Date.now() })
  }

  async getPack(name: PackName): Promise<Uint8Array<ArrayBuffer> | null> {
    const pack = this.#packs.get(name)
    return pack === undefined ? null : Uint8Array.from(pack.bytes)
  }

  async missingPacks(names: readonly PackName[]): Promise<PackName[]> {
    return names.filter((name) => !this.#packs.has(name))
  }

  async putRecord(sessionId: SessionId, record: CheckpointRecord): Promise<void> {
    const records = this.#records.get(sessionId) ?? new Map<CheckpointId, CheckpointRecord>()
    const lacksParent = record.parent !== undefined && !records.has(record.parent)
    if (lacksParent || record.packs.some((name) => !this.#packs.has(name))) {
      throw new PerdureError('storage_failed', `What ${record.id} needs is not all here.`)
    }
    if (!records.has(record.id)) records.set(record.id, structuredClone(record))
    this.#records.set(sessionId, records)
  }

  async getRecord(sessionId: SessionId, id: CheckpointId): Promise<CheckpointRecord | null> {
    return structuredClone(this.#records.get(sessionId)?.get(id) ?? null)
  }

  async listRecords(sessionId: SessionId): Promise<CheckpointRecord[]> {
    return structuredClone([...(this.#records.get(sessionId)?.values() ?? [])])
  }

  async deleteRecords(sessionId: SessionId): Promise<void> {
    this.forget(sessionId)
  }

  async deleteUnusedPacks({ graceMs }: { readonly graceMs: number }): Promise<number> {
    const records = [...this.#records.values()].flatMap((ofSession) => [...ofSession.values()])
    const needed = new Set(records.flatMap(({ packs }) => packs))
    const before = Date.now() - graceMs
    const unused = [...this.#packs].filter(([name, { putAt }]) => putAt <= before && !needed.has(name))
    for (const [name] of unused) this.#packs.delete(name)
    return unused.length
  }

  /** The checkpoints of a session, at once. */
  forget(sessionId: SessionId): void {
    this.#records.delete(sessionId)
  }
}
