import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { migrations } from '../../src/stores/sql/migrate.ts'
import { openSqliteStorage } from '../../src/stores/sqlite/open-sqlite-storage.ts'
import {
  codeOf,
  newSession,
  pause,
  sampleEvent,
  sampleEvents,
  sampleInput,
  scopeA,
} from '../../src/testing/contract-samples.ts'
import { temporaryDirectories } from './temporary-directory.ts'

const newDirectory = temporaryDirectories()
const newFile = () => join(newDirectory(), 'deep', 'sessions.db')

const count = (file: string, table: string) => {
  const database = new DatabaseSync(file)
  const row = database.prepare(`select count(*) as count from ${table}`).get()
  database.close()
  return row?.['count']
}

describe('the SQLite file', () => {
  it('and its folder are for their owner alone', async () => {
    const file = newFile()
    const storage = await openSqliteStorage({ file })
    await newSession(storage.workspace(scopeA))
    const mode = (path: string) => (statSync(path).mode & 0o777).toString(8)
    expect(mode(dirname(file))).toBe('700')
    expect([file, `${file}-wal`, `${file}-shm`].map(mode)).toEqual(['600', '600', '600'])
    expect(storage.description).toBe(`sqlite ${file}`)
    await storage.close()
  })

  it('keeps everything when it is closed and opened again', async () => {
    const file = newFile()
    const before = await openSqliteStorage({ file })
    const session = await newSession(before.workspace(scopeA))
    const events = await before.workspace(scopeA).events.append(session, sampleEvents(3), { fence: 2 })
    const input = sampleInput()
    await before.workspace(scopeA).inbox.put(session, input)
    const record = await before.workspace(scopeA).sessions.get(session)
    await before.close()

    const storage = await openSqliteStorage({ file })
    const after = storage.workspace(scopeA)
    expect(await after.sessions.get(session)).toEqual(record)
    expect(await after.events.read(session)).toEqual(events)
    expect(await after.inbox.list(session)).toEqual([{ input, priority: 'next' }])
    await expect(after.events.append(session, [sampleEvent()], { fence: 1 })).rejects.toMatchObject({
      code: 'lease_lost',
    })
    await storage.close()
  })

  it('holds a large payload once, and no longer than an event refers to it', async () => {
    const file = newFile()
    const storage = await openSqliteStorage({ file })
    const stores = storage.workspace(scopeA)
    const [one, other] = [await newSession(stores), await newSession(stores)]
    const draft = sampleEvent('x'.repeat(100_000))
    await stores.events.append(one, [draft, sampleEvent('small')], { fence: 0 })
    await stores.events.append(other, [draft], { fence: 0 })
    expect(count(file, 'blob')).toBe(1)
    await stores.sessions.delete(one)
    expect(count(file, 'blob')).toBe(1)
    await stores.events.delete(other)
    expect(count(file, 'blob')).toBe(0)
    await storage.close()
  })

  it('is empty after its sessions are deleted, but for their fences', async () => {
    const file = newFile()
    const storage = await openSqliteStorage({ file })
    const stores = storage.workspace(scopeA)
    const session = await newSession(stores)
    await stores.sessions.update(session, { tags: ['a'], agentSessionId: 'agent-1' })
    await stores.events.append(session, [sampleEvent('x'.repeat(100_000))], { fence: 0 })
    await stores.inbox.put(session, sampleInput())
    await stores.transcripts.append({ agentSessionId: 'agent-1' }, [{ uuid: 'u' }])
    await stores.sessions.delete(session)
    const tables = ['session', 'session_tag', 'event', 'blob', 'inbox', 'conversation', 'transcript_entry']
    expect(tables.map((table) => [table, count(file, table)])).toEqual(tables.map((table) => [table, 0]))
    expect(count(file, 'deleted_session')).toBe(1)
    await storage.close()
  })

  it('is migrated once by several who open it new at the same time', async () => {
    const file = newFile()
    const storages = await Promise.all([1, 2, 3, 4].map(() => openSqliteStorage({ file })))
    for (const storage of storages) await newSession(storage.workspace(scopeA))
    expect(await storages[0]!.workspace(scopeA).sessions.list()).toHaveLength(4)
    expect(count(file, 'migration')).toBe(migrations.length)
    await Promise.all(storages.map((storage) => storage.close()))
  })
})

describe('what is wrong with the SQLite file', () => {
  it('a newer schema is refused, and left as it is', async () => {
    const file = newFile()
    await (await openSqliteStorage({ file })).close()
    const database = new DatabaseSync(file)
    database.exec(`insert into migration values (99, 'from the future', 0)`)
    database.close()
    await expect(openSqliteStorage({ file })).rejects.toMatchObject({
      code: 'storage_schema_too_new',
      details: { found: 99 },
    })
    expect(count(file, 'migration')).toBe(migrations.length + 1)
  })

  it('another process that holds it is waited for without blocking, then named', async () => {
    const file = newFile()
    const storage = await openSqliteStorage({ file, busyTimeoutMs: 150 })
    const stores = storage.workspace(scopeA)
    const session = await newSession(stores)
    const other = new DatabaseSync(file)

    other.exec('begin immediate')
    let turns = 0
    const timer = setInterval(() => turns++, 5)
    await expect(stores.events.append(session, [sampleEvent()], { fence: 0 })).rejects.toMatchObject({
      code: 'storage_busy',
      retryable: true,
    })
    clearInterval(timer)
    expect(turns).toBeGreaterThan(3)
    // Reading does not wait for a writer.
    expect(await stores.events.read(session)).toEqual([])

    const waiting = stores.events.append(session, [sampleEvent()], { fence: 0 })
    await pause(20)
    other.exec('commit')
    other.close()
    expect(await waiting).toMatchObject([{ sequence: 1 }])
    await storage.close()
  })

  it('a file that is no database, a folder in its place, and a folder that cannot be made are named', async () => {
    const file = newFile()
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, 'this is no database, only text that is long enough to be looked at '.repeat(20))
    await expect(openSqliteStorage({ file })).rejects.toMatchObject({
      code: 'storage_failed',
      details: { place: file },
    })
    await expect(openSqliteStorage({ file: dirname(file) })).rejects.toMatchObject({ code: 'storage_failed' })
    await expect(openSqliteStorage({ dataDirectory: join(file, 'below') })).rejects.toMatchObject({
      code: 'storage_failed',
    })
  })

  it('tells readers what another process writes, also beside one that waits far ahead', async () => {
    const file = newFile()
    const [own, other] = [await openSqliteStorage({ file }), await openSqliteStorage({ file })]
    const { events } = own.workspace(scopeA)
    const session = await newSession(own.workspace(scopeA))
    const ahead = events.subscribe(session, { after: 99 })[Symbol.asyncIterator]()
    const waiting = ahead.next()
    await pause(20)
    const reader = events.subscribe(session)[Symbol.asyncIterator]()
    const next = reader.next()
    await pause(20)
    await other.workspace(scopeA).events.append(session, [sampleEvent()], { fence: 0 })
    expect(await Promise.race([next, pause(2000)])).toMatchObject({ value: { sequence: 1 } })
    await Promise.all([own.close(), other.close()])
    expect(await waiting).toMatchObject({ done: true })
  })

  it('a closed storage says so to readers and subscribers too', async () => {
    const storage = await openSqliteStorage({ file: newFile() })
    const stores = storage.workspace(scopeA)
    const session = await newSession(stores)
    await storage.close()
    expect(await codeOf(stores.events.read(session))).toBe('storage_failed')
    expect(await codeOf(stores.events.subscribe(session)[Symbol.asyncIterator]().next())).toBe('storage_failed')
  })

  it('a closed storage takes nothing more, but finishes what it took', async () => {
    const storage = await openSqliteStorage({ file: newFile() })
    const stores = storage.workspace(scopeA)
    const session = await newSession(stores)
    const last = stores.events.append(session, [sampleEvent()], { fence: 0 })
    await storage.close()
    expect(await last).toMatchObject([{ sequence: 1 }])
    await expect(stores.events.append(session, [sampleEvent()], { fence: 0 })).rejects.toMatchObject({
      code: 'storage_failed',
    })
  })
})
