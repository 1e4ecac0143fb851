import { openMemoryStorage } from '../../src/stores/memory/open-memory-storage.ts'
import { storageContract } from '../../src/testing/contracts.ts'

storageContract({ open: async (options) => openMemoryStorage(options) })
