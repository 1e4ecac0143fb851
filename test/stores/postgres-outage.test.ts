import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Storage } from '../../src/ports/storage.ts'
import { openPostgresStorage } from '../../src/stores/postgres/open-postgres-storage.ts'
import type { PostgresStorageOptions } from '../../src/stores/postgres/postgres-options.ts'
import { newSession, pause, sampleEvent, sampleOwner, scopeA } from '../../src/testing/contract-samples.ts'
import { CuttingProxy, type Cut } from '../support/cutting-proxy.ts'
import { PostgresServer } from '../support/postgres-server.ts'
import { freshSchema } from '../support/shared-postgres.ts'
import { SwitchedProxy } from '../support/switched-proxy.ts'
import { costsNothingButTime, isWaitedForOnce } from './outages.ts'
import { seededRandom } from './start-process.ts'

/** For a long proof: PERDURE_DATABASE_KILLS=1000, and PERDURE_STORE_SEED to see others than the usual moments. */
const kills = Number(process.env['PERDURE_DATABASE_KILLS'] ?? 6)
const seed = Number(process.env['PERDURE_STORE_SEED'] ?? 1)

let server: PostgresServer
beforeAll(async () => {
  server = await PostgresServer.start()
})
afterAll(() => server.close())

async function withDatabase(
  work: (storage: Storage, again: () => Promise<Storage>) => Promise<void>,
  options: PostgresStorageOptions = {},
): Promise<void> {
  const settings = { url: server.url, schema: freshSchema(), ...options }
  const storages: Storage[] = []
  const open = async () => {
    const storage = await openPostgresStorage(settings)
    storages.push(storage)
    return storage
  }
  try {
    await work(await open(), open)
  } finally {
    await Promise.all(storages.map((storage) => storage.close()))
  }
}

describe('a server that goes away and comes back', () => {
  it('costs a follower nothing but time, and a writer neither', () =>
    withDatabase((storage, openAnother) =>
      costsNothingButTime({ storage, openAnother, begin: () => server.stop(), end: () => server.start() }),
    ))

  it(
    `loses nothing that was acknowledged and does nothing twice, over ${kills} kills of the server`,
    () =>
      withDatabase(async (storage) => {
        const random = seededRandom(seed)
        const { transcripts, sessions, leases, events } = storage.workspace(scopeA)
        const agentSessionId = 'c0ffee00-0000-4000-8000-000000000000'
        const session = await newSession(storage.workspace(scopeA))
        let isOver = false
        const written = { entries: 0, events: 0, sessions: [] as string[], leases: 0 }
        // What each of them does would show if it were done twice: entries without an id, numbers, names that are taken.
        const loops = [
          async () => {
            await transcripts.append({ agentSessionId }, [{ number: written.entries }])
            written.entries++
          },
          async () => {
            await events.append(session, [sampleEvent()], { fence: written.leases })
            written.events++
          },
          async () => void written.sessions.push(await newSession(storage.workspace(scopeA))),
        ].map(async (step) => {
          while (!isOver) await step()
        })
        for (let kill = 0; kill < kills; kill++) {
          const before = { ...written }
          // All are at work again, however long this machine takes to bring the server up.
          while (written.entries === before.entries || written.events === before.events) await pause(5)
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
        expect(await events.head(session)).toBe(written.events)
        expect((await sessions.list()).map(({ id }) => id).toSorted()).toEqual(
          [session, ...written.sessions].toSorted(),
        )
        const lease = await leases.acquire(session, { owner: sampleOwner(), ttlMs: 1000 })
        expect(lease.fence).toBe(1)
        expect(written.entries).toBeGreaterThan(kills)
      }),
    60_000 + kills * 5000,
  )

  it('is waited for as long as the options say, then named; and used again once it is back', () =>
    withDatabase(
      async (storage) => {
        const stores = storage.workspace(scopeA)
        const session = await newSession(stores)
        await server.stop()
        const failed = { code: 'storage_failed', details: { is_unreachable: true } }
        await expect(stores.sessions.get(session)).rejects.toMatchObject(failed)
        const appends = [1, 2, 3].map(() => stores.events.append(session, [sampleEvent()], { fence: 0 }))
        for (const append of appends) await expect(append).rejects.toMatchObject(failed)
        await server.start()
        expect(await stores.events.append(session, [sampleEvent()], { fence: 0 })).toMatchObject([{ sequence: 1 }])
      },
      { outageTimeoutMs: 200 },
    ))

  it('is waited for once, and not by each call that follows', async () => {
    const proxy = await SwitchedProxy.start(Number(new URL(server.url).port))
    const url = Object.assign(new URL(server.url), { port: String(proxy.port) }).href
    await withDatabase((storage) => isWaitedForOnce(storage, proxy), { url, outageTimeoutMs: 6000 })
    proxy.close()
  })
})

describe('a connection that breaks', () => {
  it.each<Cut>(['before the commit', 'after the commit'])('%s: the job is done, and once', (where) =>
    withDatabase(async (direct) => {
      const proxy = await CuttingProxy.start(Number(new URL(server.url).port))
      const url = Object.assign(new URL(server.url), { port: String(proxy.port) }).href
      const schema = /schema (\w+)/.exec(direct.description)![1]!
      const storage = await openPostgresStorage({ url, schema })
      const { transcripts, leases, ...stores } = storage.workspace(scopeA)
      const session = await newSession({ transcripts, leases, ...stores })
      proxy.cutNext(where)
      await transcripts.append({ agentSessionId: 'agent' }, [{ text: 'has no id by which it would be known' }])
      expect(proxy.cuts).toBe(1)
      expect(await transcripts.load({ agentSessionId: 'agent' })).toHaveLength(1)
      proxy.cutNext(where)
      expect(await leases.acquire(session, { owner: sampleOwner(), ttlMs: 1000 })).toMatchObject({ fence: 1 })
      expect(proxy.cuts).toBe(2)
      await storage.close()
      proxy.close()
    }),
  )
})
