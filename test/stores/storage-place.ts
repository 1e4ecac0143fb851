import type { Storage } from '../../src/ports/storage.ts'
import { openFilesystemStorage } from '../../src/stores/filesystem/open-filesystem-storage.ts'
import { openPostgresStorage } from '../../src/stores/postgres/open-postgres-storage.ts'
import { openObjectStorage } from '../../src/stores/objects/open-object-storage.ts'
import { openRedisStorage } from '../../src/stores/redis/open-redis-storage.ts'
import { openS3Bucket } from '../../src/stores/s3/open-s3-bucket.ts'
import type { S3Options } from '../../src/stores/s3/s3-options.ts'
import { openSqliteStorage } from '../../src/stores/sqlite/open-sqlite-storage.ts'

/** Where several processes find the same sessions; can be told to another process as JSON. */
export type StoragePlace =
  | DatabasePlace
  | { readonly folder: string }
  | { readonly url: string; readonly keyPrefix: string }
  | (S3Options & { readonly endpoint: string })

export type DatabasePlace = { readonly dataDirectory: string } | { readonly url: string; readonly schema: string }

export async function openPlace(place: StoragePlace): Promise<Storage> {
  if ('bucket' in place) return openObjectStorage(await openS3Bucket(place), { pollMs: 100 })
  if ('folder' in place) return openFilesystemStorage(place)
  if ('schema' in place) return openPostgresStorage(place)
  return 'url' in place ? openRedisStorage(place) : openSqliteStorage(place)
}
