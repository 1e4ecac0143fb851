import type { CheckpointId } from '../../domain/checkpoint-id.ts'
import type { SessionId } from '../../domain/ids.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { CheckpointRecord, CheckpointStore } from '../../ports/checkpoint-store.ts'
import type { WorkTreeThread } from '../worker/checkpoint-thread.ts'

export interface Journey {
  readonly store: CheckpointStore
  readonly sessionId: SessionId
}

/** Packs are written with 32 MiB and at most one large object more. */
const maxPackBytes = 128 * 2 ** 20
const maxInflatedBytes = 4 * 2 ** 30

/**
 * Brings a checkpoint, and those before it that are not there yet, into a store. What the store has already is not sent
 * again. @throws {PerdureError} `checkpoint_not_found`, `storage_failed`.
 */
export async function sendCheckpoint(
  thread: WorkTreeThread,
  id: CheckpointId,
  { store, sessionId }: Journey,
): Promise<void> {
  const records: CheckpointRecord[] = []
  for (let next: CheckpointId | undefined = id; next !== undefined; next = records.at(-1)?.parent) {
    if ((await store.getRecord(sessionId, next)) !== null) break
    records.push(await thread.ask('record', next))
  }
  for (const record of records.toReversed()) {
    for (const name of await store.missingPacks(record.packs)) {
      if (store.linkPack === undefined) await store.putPack(name, await thread.ask('readPack', name))
      else await store.linkPack(name, await thread.ask('fileOfPack', name))
    }
    await store.putRecord(sessionId, record)
  }
}

/**
 * Brings a checkpoint from a store to this machine. It counts here once all of it has arrived and been checked.
 * @throws {PerdureError} `checkpoint_not_found`, `checkpoint_invalid`, `storage_failed`.
 */
export async function fetchCheckpoint(
  thread: WorkTreeThread,
  id: CheckpointId,
  { store, sessionId }: Journey,
): Promise<void> {
  const records: CheckpointRecord[] = []
  for (let next: CheckpointId | undefined = id; next !== undefined; next = records.at(-1)?.parent) {
    if (await thread.ask('has', next)) break
    const record = await store.getRecord(sessionId, next)
    if (record === null) throw new PerdureError('checkpoint_not_found', `The store has no checkpoint ${next}.`)
    records.push(record)
  }
  // The oldest first, and each counts once it is whole: what was interrupted goes on from there.
  for (const record of records.toReversed()) {
    await fetchPacks(thread, record, store)
    await thread.ask('accept', record.id)
  }
}

async function fetchPacks(
  thread: WorkTreeThread,
  { id, packs }: CheckpointRecord,
  store: CheckpointStore,
): Promise<void> {
  for (const name of packs) {
    if (await thread.ask('hasPack', name)) continue
    const bytes = await store.getPack(name)
    if (bytes === null) throw new PerdureError('checkpoint_invalid', `The store lacks a pack of ${id}.`)
    if (bytes.length > maxPackBytes) throw new PerdureError('checkpoint_invalid', `A pack of ${id} is too large.`)
    // A small buffer may be part of a larger one, which cannot be handed over.
    const own = bytes.length === bytes.buffer.byteLength ? bytes : Uint8Array.from(bytes)
    await thread.ask('importPack', { name, bytes: own, maxInflatedBytes }, [own.buffer])
  }
}
