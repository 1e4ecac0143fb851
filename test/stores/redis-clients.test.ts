import { Redis as IoRedis } from 'ioredis'
import { createClient, createCluster, RESP_TYPES } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CheckpointId, PackName } from '../../src/domain/checkpoint-id.ts'
import { RedisStorage, type RedisClient } from '../../src/index.ts'
import { openRedisStorage } from '../../src/stores/redis/open-redis-storage.ts'
import { codeOf, newSession, sampleEvents, scopeA, take } from '../../src/testing/contract-samples.ts'
import { storageContract } from '../../src/testing/contracts.ts'
import { sampleAccount, sampleCall } from '../../src/testing/ledger-samples.ts'
import { TestRedisServer } from '../support/redis-server.ts'
import { requires } from '../support/require.ts'

interface GivenClient {
  readonly client: RedisClient
  readonly ping: () => Promise<unknown>
  readonly end: () => void
}

requires('redis').describe('a Redis', () => {
  let server: TestRedisServer
  let storages = 0
  beforeAll(async () => {
    server = await TestRedisServer.start()
  })
  afterAll(() => server.close())

  const nodeRedis = async (): Promise<GivenClient> => {
    const client = createClient({ url: server.url })
    await client.connect()
    return { client, ping: () => client.ping(), end: () => client.destroy() }
  }
  const oldNodeRedis = async (): Promise<GivenClient> => {
    const commandOptions = { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } }
    const client = createClient({ url: server.url, RESP: 2, commandOptions })
    await client.connect()
    return { client, ping: () => client.ping(), end: () => client.destroy() }
  }
  const ioRedis = async (): Promise<GivenClient> => {
    const client = new IoRedis(server.url)
    return { client, ping: () => client.ping(), end: () => client.disconnect() }
  }

  it.each([
    ['of the package redis', nodeRedis],
    ['of the package redis, with a protocol and types of its own', oldNodeRedis],
    ['of the package ioredis', ioRedis],
  ])('is used through a client %s, which stays open', async (_name, connect) => {
    const { client, ping, end } = await connect()
    const given = new RedisStorage(client)
    const own = new RedisStorage(server.url)
    const stores = (await given.open()).workspace(scopeA)
    const others = (await own.open()).workspace(scopeA)
    const { events, sessions, checkpoints, ledger } = stores
    const session = await newSession(stores)
    const following = take(events.subscribe(session), 3)
    await others.events.append(session, sampleEvents(3), { fence: 0 })
    expect(await following).toEqual(await events.read(session))
    expect(await sessions.get(session)).toEqual(await others.sessions.get(session))

    const pack = `pack-${'f'.repeat(40)}` as PackName
    const bytes = Uint8Array.from({ length: 9_000_000 }, (_, index) => (index * 31) % 256)
    await checkpoints.putPack(pack, bytes)
    expect(Buffer.compare((await others.checkpoints.getPack(pack))!, bytes)).toBe(0)
    expect(Buffer.compare((await checkpoints.getPack(pack))!, bytes)).toBe(0)
    const record = { id: 'ckpt' as CheckpointId, packs: [pack], createdAt: '2026-01-01T00:00:00.000Z' }
    await checkpoints.putRecord(session, record)
    expect(await checkpoints.listRecords(session)).toEqual([record])
    expect(await ledger.settle(sampleCall(sampleAccount()))).toMatchObject({ isDuplicate: false })

    await sessions.delete(session)
    await Promise.all([given.close(), own.close()])
    expect(await ping()).toBe('PONG')
    end()
  })

  describe('through a client of the package ioredis', () => {
    let client: IoRedis
    beforeAll(() => {
      client = new IoRedis(server.url)
    })
    afterAll(() => client.disconnect())
    storageContract({
      open: (options) => openRedisStorage({ client, keyPrefix: `given:${storages++}`, ...options }),
    })
  })

  it('refuses what is no client of one server, and says what would be', async () => {
    const withPrefix = new IoRedis(server.url, { keyPrefix: 'mine:' })
    const cluster = createCluster({ rootNodes: [{ url: server.url }] })
    const refused: [unknown, string][] = [
      [createClient({ url: server.url }), 'is not connected'],
      [withPrefix, 'puts a prefix before keys'],
      [cluster, 'no client of one Redis server'],
      [{ duplicate: true }, 'no client of one Redis server'],
      ['postgres://db.example/app', 'no URL of a Redis'],
      [{}, 'needs a URL or a client'],
      [{ url: server.url, keyPrefix: '{all}' }, 'is no prefix for keys'],
    ]
    for (const [given, message] of refused) {
      await expect(new RedisStorage(given as string).open()).rejects.toMatchObject({
        code: 'configuration_invalid',
        message: expect.stringContaining(message) as string,
        hint: expect.any(String) as string,
      })
    }
    withPrefix.disconnect()
    const secret = 'hunter2-but-longer'
    const unreachable = new RedisStorage(`redis://me:${secret}@127.0.0.1:9/3`)
    const error = await unreachable.open().catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'storage_failed' })
    expect(String(error)).toContain('127.0.0.1:9/3 cannot be reached')
    expect(JSON.stringify(error) + String(error)).not.toContain(secret)
  })

  it('keeps tenants apart whose names look like parts of keys', async () => {
    const keyPrefix = `tenants:${storages++}`
    const storage = await openRedisStorage({ url: server.url, keyPrefix })
    const names = ['a', 'a/b', 'a}:session:', '{a}', '@', '*', 'ä ö', '%2F', '']
    const scopes = names.flatMap((organizationId) => names.map((workspaceId) => ({ organizationId, workspaceId })))
    for (const [index, scope] of scopes.entries()) {
      const { sealedSecrets, ledger, transcripts } = storage.workspace(scope)
      await sealedSecrets.put('name', String(index))
      await transcripts.append({ agentSessionId: '../:{}' }, [{ index }])
      await ledger.settle(sampleCall(sampleAccount(), { id: 'call_1', costNanoUsd: BigInt(index) }))
    }
    for (const [index, scope] of scopes.entries()) {
      const { sealedSecrets, ledger, transcripts } = storage.workspace(scope)
      expect(await sealedSecrets.get('name')).toBe(String(index))
      expect(await transcripts.load({ agentSessionId: '../:{}' })).toEqual([{ index }])
      expect(await ledger.costs()).toMatchObject([{ calls: 1, costNanoUsd: BigInt(index) }])
    }
    expect(await codeOf(storage.workspace(scopeA).sealedSecrets.put('x', 'y'))).toBeUndefined()
    expect(() => storage.workspace({ organizationId: 'a\ud800', workspaceId: 'b' })).toThrow('is no text')
    const client = new IoRedis(server.url)
    const keys = await client.keys(`${keyPrefix}:*`)
    expect(keys.length).toBeGreaterThan(scopes.length * 5)
    // Organization and workspace first, in the braces that keep them together.
    const shape = new RegExp(`^${keyPrefix}:\\{[^{}/:]*(/[^{}/:]*\\}:|\\}/(writes|[^{}/:]*:ledger):)`)
    expect(keys.filter((key) => !shape.test(key))).toEqual([])
    client.disconnect()
    await storage.close()
  })
})

requires('redis').describe('what a Redis keeps of what it acknowledged', () => {
  it.each([
    [[], '(keys perdure:…)'],
    [['--appendonly', 'no'], '(keys perdure:…, appendonly is off: a restart loses sessions)'],
    [
      ['--appendfsync', 'everysec', '--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'],
      '(keys perdure:…, appendfsync is everysec: a crash loses the last of it, maxmemory-policy is allkeys-lru: sessions may be evicted)',
    ],
    [['--rename-command', 'CONFIG', ''], '(keys perdure:…, appendfsync is unknown)'],
  ])('with %j is said in its description', async (settings, said) => {
    const server = await TestRedisServer.start({ settings })
    const storage = await openRedisStorage({ url: server.url })
    expect(storage.description).toBe(`redis 127.0.0.1:${server.port}/0 ${said}`)
    await storage.close()
    await server.close()
  })

  it('is all or nothing when it has no memory left, and goes on when there is some', async () => {
    const server = await TestRedisServer.start({ settings: ['--maxmemory', '6mb'] })
    const storage = await openRedisStorage({ url: server.url })
    const stores = storage.workspace(scopeA)
    const session = await newSession(stores)
    let acknowledged = 0
    const fill = async (): Promise<void> => {
      for (;;) acknowledged += (await stores.events.append(session, sampleEvents(100), { fence: 0 })).length
    }
    await expect(fill()).rejects.toMatchObject({
      code: 'storage_failed',
      message: expect.stringContaining('has no memory left') as string,
    })
    expect(await stores.events.read(session)).toHaveLength(acknowledged)
    const client = new IoRedis(server.url)
    await client.config('SET', 'maxmemory', '100mb')
    client.disconnect()
    const [next] = await stores.events.append(session, sampleEvents(1), { fence: 0 })
    expect(next!.sequence).toBe(acknowledged + 1)
    await storage.close()
    await server.close()
  })
})
