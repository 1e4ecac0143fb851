import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openEmbeddedStorage } from '../../src/compose/storage/open-embedded-storage.ts'
import { withCheckpointsIn } from '../../src/compose/storage/with-checkpoints-in.ts'
import { MemoryStorage } from '../../src/compose/storage/memory-storage.ts'
import { SqliteStorage } from '../../src/compose/storage/sqlite-storage.ts'
import type { PackName } from '../../src/domain/checkpoint-id.ts'
import { scopeA } from '../../src/testing/contract-samples.ts'
import { storedCheckpointsContract } from '../../src/testing/checkpoint-store-contract.ts'
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

it('a storage may have its checkpoints in another', async () => {
  const [sessions, files] = [new MemoryStorage(), new MemoryStorage()]
  const both = withCheckpointsIn(sessions, files)
  const storage = await both.open()
  expect(storage.description).toBe('memory, checkpoints in memory')
  await storage.workspace(scopeA).checkpoints.putPack(pack, Uint8Array.of(1))
  expect(await (await sessions.open()).workspace(scopeA).checkpoints.getPack(pack)).toBeNull()
  expect(await (await files.open()).workspace(scopeA).checkpoints.getPack(pack)).not.toBeNull()
  await both.close()
})
