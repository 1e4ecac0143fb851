import { describe } from 'vitest'
import { FolderBucket } from '../../src/stores/filesystem/folder-bucket.ts'
import { MemoryObjectBucket } from '../../src/testing/memory-bucket.ts'
import { objectBucketContract } from '../../src/testing/object-bucket-contract.ts'
import { temporaryDirectories } from './temporary-directory.ts'

const newDirectory = temporaryDirectories()

describe('in memory', () => objectBucketContract({ open: async () => new MemoryObjectBucket() }))
describe('a folder', () =>
  objectBucketContract({
    open: async () => {
      const bucket = new FolderBucket(newDirectory())
      await bucket.open()
      return bucket
    },
  }))
