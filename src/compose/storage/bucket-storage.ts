import type { ObjectBucket } from '../../ports/object-bucket.ts'
import { openObjectStorage, type ObjectStorageOptions } from '../../stores/objects/open-object-storage.ts'
import { checkStorageOptions } from './check-storage-options.ts'
import { LazyStorage } from './lazy-storage.ts'

/**
 * Sessions in a bucket of your own making: any place that creates an object only where there is none. What it must keep is
 * examined by `objectBucketContract` of `perdure/testing/contracts`.
 */
export class BucketStorage extends LazyStorage {
  constructor(bucket: ObjectBucket, options: ObjectStorageOptions = {}) {
    super(async () => openObjectStorage(checkStorageOptions(bucket, 'new BucketStorage(bucket)'), options))
  }
}
