import type { CheckpointId, PackName } from '../domain/checkpoint-id.ts'
import type { SessionId } from '../domain/ids.ts'

/**
 * Where the checkpoints of a workspace are kept, away from the machines that make them. Packs and records never change:
 * both are named by what they hold, so nothing here is fenced. A checkpoint is part of a session once an event of its
 * log, which is fenced, names it.
 */
export interface CheckpointStore {
  /** Resolves once the pack is durable. One that is there already is left as it is. @throws {PerdureError} `storage_failed`. */
  putPack(name: PackName, bytes: Uint8Array): Promise<void>
  /**
   * The same for a pack that is a file of this machine, written once and for all; for stores that can hold it without a
   * second copy. @throws {PerdureError} `storage_failed`.
   */
  linkPack?(name: PackName, file: string): Promise<void>
  /** Null when there is none. Whoever asks checks the bytes: a store may have been tampered with. */
  getPack(name: PackName): Promise<Uint8Array<ArrayBuffer> | null>
  /** Those of the packs that are not here. */
  missingPacks(names: readonly PackName[]): Promise<PackName[]>
  /**
   * Resolves once the record is durable. One that is there already is left as it is.
   * @throws {PerdureError} `storage_failed` when one of its packs, or the record of its parent, is not here.
   */
  putRecord(sessionId: SessionId, record: CheckpointRecord): Promise<void>
  getRecord(sessionId: SessionId, id: CheckpointId): Promise<CheckpointRecord | null>
  /** The oldest first. */
  listRecords(sessionId: SessionId): Promise<CheckpointRecord[]>
  /** Forgets the checkpoints of a session; packs may be those of other sessions too, and stay. */
  deleteRecords(sessionId: SessionId): Promise<void>
  /**
   * Removes packs that no record names; resolves to how many. A pack is put before the record that names it, so one that
   * was put, or was asked for by {@link putPack}, within `graceMs` stays. @throws {PerdureError} `storage_failed`.
   */
  deleteUnusedPacks(options: { readonly graceMs: number }): Promise<number>
}

/** One checkpoint that is here with all that it needs. */
export interface CheckpointRecord {
  readonly id: CheckpointId
  /** The checkpoint that it follows, whose packs it needs as well. */
  readonly parent?: CheckpointId
  /** Where all is that differs from its parent: the pack of its turn, and older ones that hold the same bytes. */
  readonly packs: readonly PackName[]
  /** ISO 8601. */
  readonly createdAt: string
}
