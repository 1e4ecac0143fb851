import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openMemoryStorage } from '../../stores/memory/open-memory-storage.ts'
import { LazyStorage } from './lazy-storage.ts'
import { PostgresStorage } from './postgres-storage.ts'
import { SqliteStorage } from './sqlite-storage.ts'

const key = { projectKey: '-work', sessionId: 'one' }

test('a storage opens at its first use, also as a session store', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'perdure-lazy-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'sessions.db')
  const storage = new SqliteStorage({ file })
  const { sessionStore } = storage
  await storage.close()
  expect(existsSync(file)).toBe(false)
  expect(await sessionStore.load(key)).toBeNull()
  expect(existsSync(file)).toBe(true)
  await storage.close()
})

test.each([
  { projectKey: '-work', sessionId: 'half \ud800' },
  { projectKey: 'half \udc00', sessionId: 'one' },
])('a conversation whose name is no text is refused: %j', async (name) => {
  const { sessionStore } = new LazyStorage(async () => openMemoryStorage())
  const refused = { code: 'invalid_request' }
  await expect(sessionStore.append(name, [{ type: 'mode' }])).rejects.toMatchObject(refused)
  await expect(sessionStore.load(name)).rejects.toMatchObject(refused)
  await expect(sessionStore.delete(name)).rejects.toMatchObject(refused)
})

test('it opens once for all who ask, and has one session store', async () => {
  let opened = 0
  const storage = new LazyStorage(async () => {
    opened += 1
    return openMemoryStorage()
  })
  expect(storage.sessionStore).toBe(storage.sessionStore)
  const [one, other] = await Promise.all([storage.open(), storage.open(), storage.sessionStore.load(key)])
  expect(one).toBe(other)
  expect(opened).toBe(1)
})

test('a failure to open is told to whoever asked, and whoever asks next may have more luck', async () => {
  const failures = [new Error('not yet')]
  const storage = new LazyStorage(async () => {
    const failure = failures.pop()
    if (failure !== undefined) throw failure
    return openMemoryStorage()
  })
  await expect(storage.sessionStore.append(key, [{ type: 'mode' }])).rejects.toThrow('not yet')
  await storage.sessionStore.append(key, [{ type: 'mode' }])
  expect(await storage.sessionStore.load(key)).toEqual([{ type: 'mode' }])
})

test('a database that is not there is named at the first use', async () => {
  const { sessionStore } = new PostgresStorage({ url: 'postgres://127.0.0.1:1/none', outageTimeoutMs: 0 })
  await expect(sessionStore.load(key)).rejects.toMatchObject({ code: 'storage_failed' })
})

test('each tenant has a session store of its own', async () => {
  const storage = new LazyStorage(async () => openMemoryStorage())
  const tenant = storage.sessionStoreFor({ organizationId: 'acme', workspaceId: 'birds' })
  await tenant.append(key, [{ type: 'mode' }])
  expect(await tenant.listSessions(key.projectKey)).toHaveLength(1)
  expect(await storage.sessionStore.load(key)).toBeNull()
  expect(await storage.sessionStore.listSessions(key.projectKey)).toEqual([])
})
