import { openObjectStorage } from '../../src/stores/objects/open-object-storage.ts'
import { storageContract } from '../../src/testing/contracts.ts'
import { MemoryObjectBucket } from '../../src/testing/memory-bucket.ts'

storageContract({ open: async (options) => openObjectStorage(new MemoryObjectBucket(), options) })
