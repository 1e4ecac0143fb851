import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { lastingNameOf } from '../../src/compose/storage/lasting-name.ts'
import { openEmbeddedStorage } from '../../src/compose/storage/open-embedded-storage.ts'
import { withCheckpointsIn } from '../../src/compose/storage/with-checkpoints-in.ts'
import { MemoryStorage } from '../../src/compose/storage/memory-storage.ts'
import { SqliteStorage } from '../../src/compose/storage/sqlite-storage.ts'
import type { CheckpointId, PackName } from '../../src/domain/checkpoint-id.ts'
import { sampleRecord, scopeA } from '../../src/testing/contract-samples.ts'
import { storedCheckpointsContract } from '../../src/testing/checkpoint-store-contract.ts'
import type { StorageSource } from '../../src/ports/storage.ts'
import { scratchFolder } from '../support/scratch.ts'

const pack = `pack-${'a'.repeat(40)}` as PackName

storedCheckpointsContract({ open: (options) => openEmbeddedStorage({ dataDirectory: scratchFolder(), ...options }) })

it.each([
  ['the data directory', { name: 'perdure.db', beside: 'checkpoints' }],
  ['another file', { name: 'other.db', beside: 'other.db-checkpoints' }],
])('packs are files beside the database: %s', async (_name, { name, beside }) => {
  const folder = scratchFolder()
  const storage = new SqliteStorage({ file: join(folder, name) })
  const { checkpoints } = (await storage.open()).workspace(scopeA)
  await checkpoints.putPack(pack, Uint8Array.of(1, 2))
  expect(existsSync(join(folder, beside, scopeA.organizationId, scopeA.workspaceId, 'packs', `${pack}.pack`))).toBe(
    true,
  )
  await storage.close()

  // Under its other name, if it has one.
  const again = new SqliteStorage(name === 'perdure.db' ? { dataDirectory: folder } : { file: join(folder, name) })
  expect([...(await (await again.open()).workspace(scopeA).checkpoints.getPack(pack))!]).toEqual([1, 2])
  await again.close()
})

it('storages that share a place for checkpoints do not share checkpoints', async () => {
  const [one, other, files] = [new MemoryStorage(), new MemoryStorage(), new MemoryStorage()]
  const open = async (source: StorageSource) => (await source.open()).workspace(scopeA)
  const [first, second] = [withCheckpointsIn(one, files), withCheckpointsIn(other, files)]
  expect((await first.open()).description).toBe('memory, checkpoints in memory')
  const [a, again, b] = [await open(first), await open(withCheckpointsIn(one, files)), await open(second)]
  const { id } = await a.sessions.create(sampleRecord())
  const record = { id: `ckpt_${'a'.repeat(40)}` as CheckpointId, packs: [pack], createdAt: '2026-01-01T00:00:00.000Z' }
  // As after a move, or an import of what was exported.
  await b.sessions.create(sampleRecord({ id }))
  for (const { checkpoints } of [a, b]) {
    await checkpoints.putPack(pack, Uint8Array.of(1))
    await checkpoints.putRecord(id, record)
  }
  expect(await again.checkpoints.listRecords(id)).toEqual([record])
  expect(await (await open(one)).checkpoints.getPack(pack)).toBeNull()
  await a.sessions.delete(id)
  expect(await again.checkpoints.listRecords(id)).toEqual([])
  expect(await b.checkpoints.listRecords(id)).toEqual([record])
  await first.close()
})

it('a storage has one name, whoever asks first', async () => {
  const storage = await new MemoryStorage().open()
  const names = await Promise.all(Array.from({ length: 5 }, () => lastingNameOf(storage)))
  expect(new Set(names).size).toBe(1)
})
