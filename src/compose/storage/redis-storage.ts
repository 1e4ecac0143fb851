import type { RedisClient } from '../../stores/redis/given-connection.ts'
import { openRedisStorage } from '../../stores/redis/open-redis-storage.ts'
import type { RedisStorageOptions } from '../../stores/redis/redis-options.ts'
import { checkStorageOptions } from './check-storage-options.ts'
import { LazyStorage } from './lazy-storage.ts'

/** Sessions in a Redis, for processes of many machines. Needs the package `redis`, or a client of yours. */
export class RedisStorage extends LazyStorage {
  /**
   * Takes `redis://user:password@host:6379/0`; or a connected client of the package `redis` or `ioredis`, which is used and
   * never closed; or options.
   */
  constructor(server: string | RedisClient | RedisStorageOptions) {
    super(async () => openRedisStorage(optionsOf(server)))
  }
}

function optionsOf(server: string | RedisClient | RedisStorageOptions): RedisStorageOptions {
  if (typeof server === 'string') return { url: server }
  const given = checkStorageOptions(server, "new RedisStorage('redis://127.0.0.1:6379')")
  return 'duplicate' in given ? { client: given } : given
}
