import { describe } from 'vitest'
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

describe('in a folder', () =>
  checkpointStoreContract({
    open: async () => {
      const folder = scratchFolder()
      return (scope) => new FilesystemCheckpointStore({ folder, scope })
    },
  }))
