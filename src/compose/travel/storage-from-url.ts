import { fileURLToPath } from 'node:url'
import { resolve } from 'node:path'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { StorageSource } from '../../ports/storage.ts'
import { FilesystemStorage } from '../storage/filesystem-storage.ts'
import { PostgresStorage } from '../storage/postgres-storage.ts'
import { RedisStorage } from '../storage/redis-storage.ts'
import { S3Storage } from '../storage/s3-storage.ts'
import { SqliteStorage } from '../storage/sqlite-storage.ts'

/**
 * The storage that a text names: `postgres://…`, `redis://…`, `s3://bucket/prefix` (the service and its credentials as all
 * AWS tools find them), `file:folder`, `sqlite:file.db`; any other text without a scheme is a data directory.
 * @throws {PerdureError} `invalid_request` for a scheme that no storage has.
 */
export function storageFromUrl(url: string): StorageSource {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(url)?.[1]?.toLowerCase()
  switch (scheme) {
    case undefined:
      return new SqliteStorage({ dataDirectory: resolve(url) })
    case 'sqlite':
      return new SqliteStorage({ file: resolve(url.slice('sqlite:'.length)) })
    case 'file':
      return new FilesystemStorage(folderOf(url))
    case 'postgres':
    case 'postgresql':
      return new PostgresStorage(url)
    case 'redis':
    case 'rediss':
      return new RedisStorage(url)
    case 's3':
      return bucketOf(url)
    default:
      throw new PerdureError('invalid_request', `No storage has the scheme ${scheme}:`, {
        hint: 'Give postgres://…, redis://…, s3://bucket/prefix, file:folder, sqlite:file.db, or a data directory.',
      })
  }
}

const folderOf = (url: string): string =>
  url.startsWith('file://') ? fileURLToPath(url) : resolve(url.slice('file:'.length))

function bucketOf(url: string): StorageSource {
  const { hostname: bucket, pathname } = new URL(url)
  const prefix = pathname.slice(1)
  const endpoint = process.env['S3_ENDPOINT']?.trim() ?? ''
  return new S3Storage({ bucket, ...(prefix !== '' && { prefix }), ...(endpoint !== '' && { endpoint }) })
}
