import { afterAll } from 'vitest'
import { TestRedisServer } from '../support/redis-server.ts'
import { requires } from '../support/require.ts'
import { S3Server } from '../support/s3-server.ts'
import { freshSchema, sharedPostgresUrl } from '../support/shared-postgres.ts'
import type { DatabasePlace, StoragePlace } from './storage-place.ts'
import { temporaryDirectories } from './temporary-directory.ts'

/** The databases that know SQL, each with what makes a new, empty place in it. For `describe.each`. */
export function databasePlaces(): [name: string, newPlace: () => Promise<DatabasePlace>][] {
  const newDirectory = temporaryDirectories()
  return [
    ['SQLite', async () => ({ dataDirectory: newDirectory() })],
    ['PostgreSQL', async () => ({ url: await sharedPostgresUrl(), schema: freshSchema() })],
  ]
}

/** The backends that processes may share, each with what makes a new, empty place in it. For `describe.each`. */
export function sharedPlaces(): [name: string, newPlace: () => Promise<StoragePlace>][] {
  const newDirectory = temporaryDirectories()
  let redis: Promise<TestRedisServer> | undefined
  let prefixes = 0
  afterAll(async () => (await redis)?.close())
  const newRedisPlace = async (): Promise<StoragePlace> => {
    redis ??= TestRedisServer.start()
    return { url: (await redis).url, keyPrefix: `test:${prefixes++}` }
  }
  return [
    ...databasePlaces(),
    ['folder', async () => ({ folder: newDirectory() })],
    // Where there is none, its own tests say so.
    ...(requires('redis').isMissing ? [] : [['Redis', newRedisPlace] satisfies [string, () => Promise<StoragePlace>]]),
  ]
}

/** S3, which needs a while for each write. */
export function slowPlaces(): [name: string, newPlace: () => Promise<StoragePlace>][] {
  let server: Promise<S3Server> | undefined
  let prefixes = 0
  afterAll(async () => (await server)?.close())
  const newPlace = async (): Promise<StoragePlace> => {
    server ??= S3Server.start()
    const { endpoint, credentials } = await server
    return { bucket: 'shared', prefix: `test/${prefixes++}`, endpoint, credentials }
  }
  return requires('s3').isMissing ? [] : [['S3', newPlace]]
}
