import { openObjectStorage, type ObjectStorageOptions } from '../../stores/objects/open-object-storage.ts'
import { isOwnerGoneOfMachines } from '../../stores/leases/process-liveness.ts'
import { openS3Bucket } from '../../stores/s3/open-s3-bucket.ts'
import type { S3Options } from '../../stores/s3/s3-options.ts'
import { checkStorageOptions } from './check-storage-options.ts'
import { LazyStorage } from './lazy-storage.ts'

export interface S3StorageOptions extends S3Options, ObjectStorageOptions {}

/**
 * Sessions in a bucket of S3, or of a service like it: whole ones, or their checkpoints alone (`withCheckpointsIn`).
 * Needs the package `@aws-sdk/client-s3` (`npm install @aws-sdk/client-s3`).
 */
export class S3Storage extends LazyStorage {
  constructor(options: S3StorageOptions) {
    super(async () => {
      const named = checkStorageOptions(options, "new S3Storage({ bucket: 'acme-perdure' })")
      return openObjectStorage(await openS3Bucket(named), { isOwnerGone: isOwnerGoneOfMachines, ...named })
    })
  }
}
