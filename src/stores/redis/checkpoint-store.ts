import { randomUUID } from 'node:crypto'
import type { CheckpointId, PackName } from '../../domain/checkpoint-id.ts'
import type { SessionId } from '../../domain/ids.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { CheckpointRecord, CheckpointStore } from '../../ports/checkpoint-store.ts'
import type { RedisWorkspace } from './redis-workspace.ts'
import {
  completePack,
  deleteRecords,
  deleteUnusedPacks,
  missingPacks,
  putRecord,
  readRecord,
  readRecords,
  touchPack,
} from './scripts/checkpoint-scripts.ts'

/** A pack goes to the server and comes from it in pieces, between which the server serves others. */
const pieceBytes = 4 * 1024 * 1024
/** Pieces that nobody puts together are forgotten. */
const piecesTtlMs = 60 * 60_000

export class RedisCheckpointStore implements CheckpointStore {
  readonly #workspace: RedisWorkspace

  constructor(workspace: RedisWorkspace) {
    this.#workspace = workspace
  }

  async putPack(name: PackName, bytes: Uint8Array): Promise<void> {
    const [known] = await this.#workspace.run<string[]>(touchPack, [name])
    if (known === 'ok') return
    const { server } = this.#workspace.context
    const pieces = `${this.#workspace.prefix}pieces:${name}:${randomUUID()}`
    for (let start = 0; start === 0 || start < bytes.length; start += pieceBytes) {
      const piece = Buffer.from(bytes.subarray(start, start + pieceBytes))
      await server.command(['HSET', pieces, String(start / pieceBytes), piece])
      await server.command(['PEXPIRE', pieces, String(piecesTtlMs)])
    }
    const [status] = await this.#workspace.run<string[]>(completePack, [name, pieces])
    if (status !== 'ok') throw new PerdureError('storage_failed', `the pack ${name} took too long to arrive`)
  }

  async getPack(name: PackName): Promise<Uint8Array<ArrayBuffer> | null> {
    const { server } = this.#workspace.context
    const pack = `${this.#workspace.prefix}pack:${name}`
    const pieces: Buffer[] = []
    for (;;) {
      const piece = (await server.commandForBytes(['HGET', pack, String(pieces.length)])) as Buffer | null
      if (piece === null) return pieces.length === 0 ? null : Uint8Array.from(Buffer.concat(pieces))
      pieces.push(piece)
    }
  }

  async missingPacks(names: readonly PackName[]): Promise<PackName[]> {
    return names.length === 0 ? [] : this.#workspace.run<PackName[]>(missingPacks, names)
  }

  async putRecord(sessionId: SessionId, record: CheckpointRecord): Promise<void> {
    const args = [sessionId, record.id, record.parent ?? '', JSON.stringify(record), ...new Set(record.packs)]
    const [status] = await this.#workspace.run<string[]>(putRecord, args)
    if (status !== 'ok') throw new PerdureError('storage_failed', `What ${record.id} needs is not all here.`)
  }

  async getRecord(sessionId: SessionId, id: CheckpointId): Promise<CheckpointRecord | null> {
    const [stored] = await this.#workspace.run<string[]>(readRecord, [sessionId, id])
    return stored ? parsed(stored).record : null
  }

  async listRecords(sessionId: SessionId): Promise<CheckpointRecord[]> {
    const stored = await this.#workspace.run<string[]>(readRecords, [sessionId])
    return stored
      .map((text) => parsed(text))
      .toSorted((left, right) => left.position - right.position)
      .map(({ record }) => record)
  }

  async deleteRecords(sessionId: SessionId): Promise<void> {
    await this.#workspace.run(deleteRecords, [sessionId])
  }

  async deleteUnusedPacks({ graceMs }: { readonly graceMs: number }): Promise<number> {
    let total = 0
    for (let passed = 0; ;) {
      const [seen, removed] = (await this.#workspace.run<string[]>(deleteUnusedPacks, [graceMs, passed])).map(Number)
      total += removed!
      passed += seen! - removed!
      if (seen === 0) return total
    }
  }
}

function parsed(stored: string): { position: number; record: CheckpointRecord } {
  const space = stored.indexOf(' ')
  return {
    position: Number(stored.slice(0, space)),
    record: JSON.parse(stored.slice(space + 1)) as CheckpointRecord,
  }
}
