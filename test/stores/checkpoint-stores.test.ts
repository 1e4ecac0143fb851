import { describe, expect, it } from 'vitest'
import type { PackName } from '../../src/domain/checkpoint-id.ts'
import type { WorkspaceScope } from '../../src/ports/storage.ts'
import { FilesystemCheckpointStore } from '../../src/stores/filesystem/checkpoint-store.ts'
import { MemoryCheckpointStore } from '../../src/stores/memory/checkpoint-store.ts'
import { checkpointStoreContract } from '../../src/testing/checkpoint-store-contract.ts'
import { scratchFolder } from '../support/scratch.ts'

describe('in memory', () =>
  checkpointStoreContract({
    open: async () => {
      const stores = new Map<string, MemoryCheckpointStore>()
      return ({ organizationId, workspaceId }: WorkspaceScope) => {
        const key = JSON.stringify([organizationId, workspaceId])
        const store = stores.get(key) ?? new MemoryCheckpointStore()
        stores.set(key, store)
        return store
      }
    },
  }))

describe('in a folder', () => {
  checkpointStoreContract({
    open: async () => {
      const folder = scratchFolder()
      return (scope) => new FilesystemCheckpointStore({ folder, scope })
    },
  })

  it('keeps those of tenants whose names are longer than a file name may be', async () => {
    const folder = scratchFolder()
    const pack = `pack-${'a'.repeat(40)}` as PackName
    const storeOf = (organizationId: string) =>
      new FilesystemCheckpointStore({ folder, scope: { organizationId, workspaceId: '鸟'.repeat(200) } })
    await storeOf('鸟'.repeat(200)).putPack(pack, Uint8Array.of(1))
    expect(await storeOf('鸟'.repeat(200)).missingPacks([pack])).toEqual([])
    expect(await storeOf('鸟'.repeat(199)).missingPacks([pack])).toEqual([pack])
  })
})
