import { afterAll } from 'vitest'
import { TestRedisServer } from '../support/redis-server.ts'
import { requires } from '../support/require.ts'
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
