import { randomUUID } from 'node:crypto'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { ObjectBucket } from '../../ports/object-bucket.ts'
import { S3Bucket } from './s3-bucket.ts'
import { S3Connection } from './s3-connection.ts'
import { failureKind } from './s3-failure.ts'
import { s3Settings, type S3Options, type S3Settings } from './s3-options.ts'

/**
 * Objects in a bucket of S3 or of a service like it. Needs the package `@aws-sdk/client-s3`.
 * @throws {PerdureError} `storage_failed`, also for a service that does not keep conditional writes; `configuration_invalid`.
 */
export async function openS3Bucket(options: S3Options): Promise<ObjectBucket> {
  const settings = s3Settings(options)
  const connection = await S3Connection.open(settings)
  try {
    if (settings.createBucket) await createBucket(connection, settings)
    const bucket = new S3Bucket(connection, settings)
    await proveConditionalWrites(bucket)
    return bucket
  } catch (error) {
    connection.close()
    throw error
  }
}

async function createBucket(connection: S3Connection, { bucket }: S3Settings): Promise<void> {
  const { HeadBucketCommand, CreateBucketCommand } = connection.commands
  await connection.persist(async () => {
    try {
      await connection.send(new HeadBucketCommand({ Bucket: bucket }))
    } catch (error) {
      if (!['missing', 'noBucket'].includes(failureKind(error))) throw error
      await connection.send(new CreateBucketCommand({ Bucket: bucket })).catch(unlessItExists)
    }
  })
}

/** Another process may be making it. */
function unlessItExists(error: unknown): void {
  const { name } = error as Error
  if (name !== 'BucketAlreadyOwnedByYou' && name !== 'BucketAlreadyExists') throw error
}

/** Leases and logs stand on them; some services ignore what they do not know, and overwrite. */
async function proveConditionalWrites(bucket: ObjectBucket): Promise<void> {
  const key = `probe/${randomUUID()}`
  const first = await bucket.create(key, Buffer.from('first'))
  const second = await bucket.create(key, Buffer.from('second'))
  await bucket.delete([key])
  if (first && !second) return
  throw new PerdureError(
    'storage_failed',
    `${bucket.description} does not keep conditional writes (If-None-Match: *)`,
    {
      hint: 'Use AWS S3, MinIO, Cloudflare R2 or another service that does; else two workers could take one session.',
      details: { place: bucket.description },
    },
  )
}
