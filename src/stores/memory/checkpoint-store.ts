import type { CheckpointId, PackName } from '../../domain/checkpoint-id.ts'
import type { SessionId } from '../../domain/ids.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { CheckpointRecord, CheckpointStore } from '../../ports/checkpoint-store.ts'

/** Checkpoints of one workspace in the memory of this process. */
export class MemoryCheckpointStore implements CheckpointStore {
  readonly #packs = new Map<PackName, Uint8Array>()
  readonly #records = new Map<SessionId, Map<CheckpointId, CheckpointRecord>>()

  async putPack(name: PackName, bytes: Uint8Array): Promise<void> {
    if (!this.#packs.has(name)) this.#packs.set(name, Uint8Array.from(bytes))
  }

  async getPack(name: PackName): Promise<Uint8Array<ArrayBuffer> | null> {
    const bytes = this.#packs.get(name)
    return bytes === undefined ? null : Uint8Array.from(bytes)
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
    this.#records.delete(sessionId)
  }
}
