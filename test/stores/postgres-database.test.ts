import pg from 'pg'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { PerdureError } from '../../src/errors/perdure-error.ts'
import { PostgresStorage } from '../../src/index.ts'
import type { Storage, WorkspaceStores } from '../../src/ports/storage.ts'
import { openPostgresStorage } from '../../src/stores/postgres/open-postgres-storage.ts'
import type { PostgresStorageOptions } from '../../src/stores/postgres/postgres-options.ts'
import { codeOf, newSession, pause, sampleEvent, sampleOwner, scopeA } from '../../src/testing/contract-samples.ts'
import { freshSchema, sharedPostgresUrl } from '../support/shared-postgres.ts'

async function withDatabase(
  work: (stores: WorkspaceStores, place: { schema: string; client: pg.Client; storage: Storage }) => Promise<void>,
  options: PostgresStorageOptions = {},
): Promise<void> {
  const url = await sharedPostgresUrl()
  const schema = options.schema ?? freshSchema()
  const client = new pg.Client(url)
  await client.connect()
  const storage = await openPostgresStorage({ url, ...options, schema })
  try {
    await work(storage.workspace(scopeA), { schema, client, storage })
  } finally {
    await storage.close()
    await client.end()
  }
}

const failureOf = async (options: PostgresStorageOptions): Promise<PerdureError> =>
  new PostgresStorage(options).open().then(
    () => Promise.reject(new Error('it was opened')),
    (error: unknown) => PerdureError.from(error),
  )

describe('a PostgreSQL', () => {
  it('holds nothing of Perdure but one schema, and several storages apart by theirs', () =>
    withDatabase(async (stores, { client, schema }) => {
      await withDatabase(async (others) => {
        const session = await newSession(stores)
        expect(await others.sessions.get(session)).toBeNull()
      })
      const { rows } = await client.query(`select tablename from pg_tables where schemaname = 'public'`)
      expect(rows).toEqual([])
      const { rows: own } = await client.query(`select id from (select session_id as id from ${schema}.session) as it`)
      expect(own).toHaveLength(1)
    }))

  it('may have a schema whose name is a word of SQL', () =>
    withDatabase(
      async (stores, { client, schema }) => {
        const session = await newSession(stores)
        expect(await stores.events.append(session, [sampleEvent()], { fence: 0 })).toMatchObject([{ sequence: 1 }])
        await client.query(`drop schema "${schema}" cascade`)
      },
      { schema: 'select' },
    ))

  it.each(['public', 'pg_catalog', 'information_schema'])('takes no schema of others: %s', async (schema) => {
    expect(await failureOf({ url: await sharedPostgresUrl(), schema })).toMatchObject({ code: 'configuration_invalid' })
  })

  it('remembers no writer that has gone', () =>
    withDatabase(async (stores, { client, schema, storage }) => {
      await newSession(stores)
      const writers = async () => (await client.query(`select 1 from ${schema}.last_write`)).rowCount
      expect(await writers()).toBe(1)
      await client.query(`insert into ${schema}.last_write values ('killed', 7, now() - interval '2 days')`)
      await storage.close()
      expect(await writers()).toBe(0)
    }))

  it('says where it is and what it does not keep, without its password', () =>
    withDatabase(async (_stores, { schema, storage }) => {
      const { port } = new URL(await sharedPostgresUrl())
      expect(storage.description).toBe(`postgres 127.0.0.1:${port}/postgres (schema ${schema}, fsync is off)`)
    }))

  it('waits for rows that somebody holds, and says so when that takes too long', () =>
    withDatabase(
      async (stores, { client, schema }) => {
        const session = await newSession(stores)
        await client.query('begin')
        await client.query(`update ${schema}.session set title = 'held'`)
        const append = stores.events.append(session, [sampleEvent()], { fence: 0 })
        await expect(append).rejects.toMatchObject({ code: 'storage_busy', retryable: true })
        // Reading does not wait for a writer.
        expect(await stores.sessions.get(session)).toMatchObject({ title: null })
        const waiting = stores.events.append(session, [sampleEvent()], { fence: 0 })
        await pause(20)
        await client.query('commit')
        expect(await waiting).toMatchObject([{ sequence: 1 }])
      },
      { busyTimeoutMs: 150 },
    ))

  it('does not judge owners on other machines by their process ids', () =>
    withDatabase(async (stores) => {
      const session = await newSession(stores)
      const owner = { ...sampleOwner(2 ** 22 - 1), host: 'elsewhere' }
      await stores.leases.acquire(session, { owner, ttlMs: 60_000 })
      const taken = stores.leases.acquire(session, { owner: sampleOwner(), ttlMs: 1000 })
      expect(await codeOf(taken)).toBe('lease_held')
    }))

  it('keeps a large payload that one session stores while another, which had it too, is deleted', () =>
    withDatabase(async (stores) => {
      const text = 'x'.repeat(70_000)
      for (let round = 0; round < 25; round++) {
        const [leaving, staying] = [await newSession(stores), await newSession(stores)]
        const draft = sampleEvent(`${text}${round}`)
        await stores.events.append(leaving, [draft], { fence: 0 })
        await Promise.all([
          stores.sessions.delete(leaving),
          stores.events.append(staying, [draft, sampleEvent()], { fence: 0 }),
        ])
        expect(await stores.events.read(staying)).toMatchObject([draft, {}])
      }
    }))

  it('lets a session keep the conversation that it claims while others write it', () =>
    withDatabase(async (stores) => {
      for (let round = 0; round < 25; round++) {
        const session = await newSession(stores)
        const agentSessionId = `agent-${round}`
        await stores.transcripts.append({ agentSessionId }, [{ uuid: 'first' }])
        await Promise.all([
          stores.transcripts.append({ agentSessionId }, [{ uuid: 'second' }]),
          stores.sessions.update(session, { agentSessionId }),
        ])
        expect(await stores.transcripts.load({ agentSessionId })).toHaveLength(2)
        await stores.sessions.delete(session)
        expect(await stores.transcripts.load({ agentSessionId })).toBeNull()
      }
    }))
})

describe('what is wrong with a PostgreSQL', () => {
  it.each(['password', 'database', 'port', 'no URL at all', 'no URL of a PostgreSQL'])(
    'is named at once, and without the password: %s',
    async (wrong) => {
      const url = new URL(await sharedPostgresUrl())
      const secret = 'hunter2-but-longer'
      url.password = secret
      if (wrong === 'database')
        Object.assign(url, { password: new URL(await sharedPostgresUrl()).password, pathname: '/none' })
      if (wrong === 'port') url.port = '9'
      const written = { 'no URL at all': `my ${secret}`, 'no URL of a PostgreSQL': `mysql://me:${secret}@db/x` }[wrong]
      const startedAt = performance.now()
      const failure = await failureOf({ url: written ?? url.href })
      expect(performance.now() - startedAt).toBeLessThan(5000)
      expect(failure.code).toBe(written === undefined ? 'storage_failed' : 'configuration_invalid')
      expect(inspect(failure, { depth: 9, showHidden: true })).not.toContain(secret)
    },
  )

  it('a name of a schema that would need quotes is refused', async () => {
    const failure = await failureOf({ url: await sharedPostgresUrl(), schema: 'x; drop table session' })
    expect(failure.code).toBe('configuration_invalid')
  })

  it('TLS that was asked for is not given up', async () => {
    const failure = await failureOf({ url: await sharedPostgresUrl(), ssl: true })
    expect(failure).toMatchObject({ code: 'storage_failed' })
    expect(failure.message).toContain('does not support SSL')
  })

  it('a password that a function gives is asked for', async () => {
    const url = new URL(await sharedPostgresUrl())
    const { hostname: host, port, password } = url
    const storage = new PostgresStorage({
      host,
      port: Number(port),
      user: 'postgres',
      database: 'postgres',
      password: async () => password,
      schema: freshSchema(),
    })
    expect((await storage.open()).description).toContain(`${host}:${port}/postgres`)
    await storage.close()
  })
})
