import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Storage } from '../../src/ports/storage.ts'
import { openRedisStorage } from '../../src/stores/redis/open-redis-storage.ts'
import type { RedisStorageOptions } from '../../src/stores/redis/redis-options.ts'
import { newSession, pause, sampleEvent, sampleOwner, scopeA } from '../../src/testing/contract-samples.ts'
import { amountsOf, sampleAccount, sampleCall, sampleLimit, sampleRequest } from '../../src/testing/ledger-samples.ts'
import { CuttingProxy, type Cut } from '../support/cutting-proxy.ts'
import { TestRedisServer } from '../support/redis-server.ts'
import { requires } from '../support/require.ts'
import { SwitchedProxy } from '../support/switched-proxy.ts'
import { costsNothingButTime, isWaitedForOnce } from './outages.ts'
import { seededRandom } from './start-process.ts'

/** For a long proof: PERDURE_DATABASE_KILLS=1000, and PERDURE_STORE_SEED to see others than the usual moments. */
const kills = Number(process.env['PERDURE_DATABASE_KILLS'] ?? 12)
const seed = Number(process.env['PERDURE_STORE_SEED'] ?? 1)
const agentSessionId = 'c0ffee00-0000-4000-8000-000000000000'

requires('redis').describe('a Redis', () => {
  let server: TestRedisServer
  let places = 0
  beforeAll(async () => {
    server = await TestRedisServer.start()
  })
  afterAll(() => server.close())

  async function withRedis(
    work: (storage: Storage, again: (change?: RedisStorageOptions) => Promise<Storage>) => Promise<void>,
    options: RedisStorageOptions = {},
  ): Promise<void> {
    const settings = { url: server.url, keyPrefix: `outage:${places++}`, ...options }
    const storages: Storage[] = []
    const open = async (change: RedisStorageOptions = {}) => {
      const storage = await openRedisStorage({ ...settings, ...change })
      storages.push(storage)
      return storage
    }
    try {
      await work(await open(), open)
    } finally {
      await Promise.all(storages.map((storage) => storage.close()))
    }
  }

  it('that goes away and comes back costs a follower nothing but time, and a writer neither', () =>
    withRedis((storage, openAnother) =>
      costsNothingButTime({ storage, openAnother, begin: () => server.kill(), end: () => server.start() }),
    ))

  it(
    `loses nothing that was acknowledged and does nothing twice, over ${kills} kills of the server`,
    () =>
      withRedis(async (storage) => {
        const random = seededRandom(seed)
        const { transcripts, sessions, leases, events, ledger } = storage.workspace(scopeA)
        const session = await newSession(storage.workspace(scopeA))
        await ledger.setBudget(sampleLimit({ limitNanoUsd: 10n ** 18n }))
        let isOver = false
        const written = { entries: 0, events: [] as string[], sessions: [] as string[], calls: 0 }
        // What each of them does would show if it were done twice: entries without an id, numbers, names that are taken.
        const loops = [
          async () => {
            await transcripts.append({ agentSessionId }, [{ number: written.entries }])
            written.entries++
          },
          async () => {
            const [event] = await events.append(session, [sampleEvent()], { fence: 0 })
            written.events.push(`${event!.sequence} ${event!.id}`)
          },
          async () => void written.sessions.push(await newSession(storage.workspace(scopeA))),
          async () => {
            const request = sampleRequest(sampleAccount())
            await ledger.reserve(request)
            await ledger.settle(sampleCall(request.account, { reservationId: request.reservationId }))
            written.calls++
          },
        ].map(async (step) => {
          while (!isOver) await step()
        })
        for (let kill = 0; kill < kills; kill++) {
          const before = { entries: written.entries, events: written.events.length, calls: written.calls }
          // All are at work again, however long this machine takes to bring the server up.
          while (
            written.entries === before.entries ||
            written.events.length === before.events ||
            written.calls === before.calls
          )
            await pause(5)
          await pause(random() * 120)
          await server.kill()
          await server.start()
        }
        await pause(100)
        isOver = true
        await Promise.all(loops)

        const entries = (await transcripts.load({ agentSessionId })) ?? []
        expect(entries.map((entry) => entry['number'])).toEqual(
          Array.from({ length: written.entries }, (_, index) => index),
        )
        const logged = await events.read(session)
        expect(logged.map(({ sequence, id }) => `${sequence} ${id}`)).toEqual(written.events)
        expect(logged.map(({ sequence }) => sequence)).toEqual(logged.map((_, index) => index + 1))
        expect((await sessions.list()).map(({ id }) => id).toSorted()).toEqual(
          [session, ...written.sessions].toSorted(),
        )
        expect(await amountsOf(ledger)).toEqual([10n * BigInt(written.calls), 0n, 0n])
        expect(await ledger.costs()).toMatchObject([{ calls: written.calls }])
        expect((await leases.acquire(session, { owner: sampleOwner(), ttlMs: 1000 })).fence).toBe(1)
        expect(written.entries).toBeGreaterThan(kills)
      }),
    60_000 + kills * 5000,
  )

  it('is waited for as long as the options say, then named; and used again once it is back', () =>
    withRedis(
      async (storage) => {
        const stores = storage.workspace(scopeA)
        const session = await newSession(stores)
        await server.kill()
        const failed = { code: 'storage_failed', details: { is_unreachable: true } }
        await expect(stores.sessions.get(session)).rejects.toMatchObject(failed)
        const appends = [1, 2, 3].map(() => stores.events.append(session, [sampleEvent()], { fence: 0 }))
        const outcomes = await Promise.allSettled(appends)
        expect(outcomes).toMatchObject(appends.map(() => ({ status: 'rejected', reason: failed })))
        await expect(stores.ledger.budgets()).rejects.toMatchObject(failed)
        await expect(openRedisStorage({ url: server.url })).rejects.toMatchObject(failed)
        await server.start()
        expect(await stores.events.append(session, [sampleEvent()], { fence: 0 })).toMatchObject([{ sequence: 1 }])
        expect(await stores.ledger.budgets()).toEqual([])
      },
      { outageTimeoutMs: 200 },
    ))

  it('is waited for once, and not by each call that follows', async () => {
    const proxy = await SwitchedProxy.start(server.port)
    const url = `redis://127.0.0.1:${proxy.port}`
    await withRedis((storage) => isWaitedForOnce(storage, proxy), { url, outageTimeoutMs: 6000 })
    proxy.close()
  })

  it('that is there and does not answer is asked again over another connection, and does it once', () =>
    withRedis(
      async (storage) => {
        const { transcripts } = storage.workspace(scopeA)
        const append = (text: string) => transcripts.append({ agentSessionId }, [{ text }])
        await append('before')
        server.signal('SIGSTOP')
        const held = append('held')
        expect(await Promise.race([held, pause(2500)])).toBeUndefined()
        server.signal('SIGCONT')
        await held
        await append('after')
        const entries = await transcripts.load({ agentSessionId })
        expect(entries?.map((entry) => entry['text'])).toEqual(['before', 'held', 'after'])
      },
      { busyTimeoutMs: 1000 },
    ))

  it.each<Cut>(['before the commit', 'after the commit'])('does a write once whose connection breaks %s', (where) =>
    withRedis(async (_storage, open) => {
      const proxy = await CuttingProxy.start(server.port)
      const storage = await open({ url: `redis://127.0.0.1:${proxy.port}` })
      const { transcripts, leases, ledger, ...stores } = storage.workspace(scopeA)
      const session = await newSession({ transcripts, leases, ledger, ...stores })
      const text = 'has no id by which it would be known'
      proxy.cutNext(where, text)
      await transcripts.append({ agentSessionId }, [{ text }])
      expect(proxy.cuts).toBe(1)
      expect(await transcripts.load({ agentSessionId })).toHaveLength(1)
      const owner = sampleOwner()
      proxy.cutNext(where, owner.runId)
      expect(await leases.acquire(session, { owner, ttlMs: 1000 })).toMatchObject({ fence: 1 })
      expect(proxy.cuts).toBe(2)
      const call = sampleCall(sampleAccount())
      proxy.cutNext(where, call.id)
      expect(await ledger.settle(call)).toMatchObject({ isDuplicate: false })
      expect(await ledger.costs()).toMatchObject([{ calls: 1 }])
      expect(proxy.cuts).toBe(3)
      proxy.close()
    }),
  )

  it('that lost its scripts is told them again', () =>
    withRedis(async (storage) => {
      const { createClient } = await import('redis')
      const client = createClient({ url: server.url })
      await client.connect()
      const session = await newSession(storage.workspace(scopeA))
      await client.scriptFlush()
      const { events } = storage.workspace(scopeA)
      expect(await events.append(session, [sampleEvent()], { fence: 0 })).toMatchObject([{ sequence: 1 }])
      await client.close()
    }))

  it('keeps the books of several processes exactly, and lets none of them beyond a budget', () =>
    withRedis(async (storage, openAnother) => {
      const storages = [storage, await openAnother(), await openAnother(), await openAnother()]
      const ledgers = storages.map((one) => one.workspace(scopeA).ledger)
      await ledgers[0]!.setBudget(sampleLimit({ limitNanoUsd: 1000n }))
      let [granted, calls] = [0n, 0]
      const spend = async (index: number): Promise<void> => {
        const ledger = ledgers[index % ledgers.length]!
        const request = sampleRequest(sampleAccount())
        const answer = await ledger.reserve(request)
        if (answer.status !== 'reserved') return
        granted += answer.grantedNanoUsd
        expect(granted).toBeLessThanOrEqual(1000n)
        await ledger.settle(
          sampleCall(request.account, { reservationId: request.reservationId, costNanoUsd: answer.grantedNanoUsd }),
        )
        calls++
      }
      const budgets = Array.from({ length: 20 }, (_, index) =>
        ledgers[index % 4]!.setBudget(
          sampleLimit({ scope: 'user', id: 'ada', limitNanoUsd: 10n ** 9n + BigInt(index) }),
        ),
      )
      await Promise.all([...Array.from({ length: 60 }, (_, index) => spend(index)), ...budgets])
      while (granted < 1000n) await spend(calls)
      expect(await amountsOf(ledgers[3]!, { scope: 'workspace' })).toEqual([1000n, 0n, 0n])
      // A budget that was set while others were spending has missed nothing of it.
      expect(await amountsOf(ledgers[2]!, { scope: 'user' })).toEqual([1000n, 0n, 0n])
      expect(await ledgers[1]!.costs()).toMatchObject([{ calls, costNanoUsd: 1000n }])
    }))
})
