import { afterAll, beforeAll } from 'vitest'
import { openRedisStorage } from '../../src/stores/redis/open-redis-storage.ts'
import { storageContract } from '../../src/testing/contracts.ts'
import { TestRedisServer } from '../support/redis-server.ts'
import { requires } from '../support/require.ts'

requires('redis').describe('a Redis', () => {
  let server: TestRedisServer
  let storages = 0
  beforeAll(async () => {
    server = await TestRedisServer.start()
  })
  afterAll(() => server.close())

  storageContract({
    open: (options) => openRedisStorage({ url: server.url, keyPrefix: `test:${storages++}`, ...options }),
  })
})
