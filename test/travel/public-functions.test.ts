import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import {
  createSession,
  exportSession,
  FilesystemStorage,
  importSession,
  listSessions,
  MemoryStorage,
  moveSession,
  openSession,
  pruneSessions,
  SqliteStorage,
  storageFromUrl,
  type StorageSource,
} from '../../src/index.ts'
import { defaultScope } from '../../src/ports/storage.ts'
import { codeOf, sampleOwner } from '../../src/testing/contract-samples.ts'
import { scratchFolder } from '../support/scratch.ts'

const opened = <Source extends StorageSource>(storage: Source): Source => {
  onTestFinished(() => storage.close())
  return storage
}

test('a session that an interrupted move has is not simply missing', async () => {
  const [storage, goal] = [opened(new MemoryStorage()), opened(new MemoryStorage())]
  const { id } = await createSession({ storage, title: 'Half way' })
  const { leases, transit } = (await storage.open()).workspace(defaultScope)
  const { fence } = await leases.acquire(id, { owner: sampleOwner(), ttlMs: 60_000 })
  await transit.depart(id, { fence, to: 'memory' })
  await expect(openSession(id, { storage })).rejects.toMatchObject({
    code: 'session_in_transit',
    details: { session_id: id, to: 'memory' },
  })
  await moveSession(id, { from: storage, to: goal })
  expect((await openSession(id, { storage: goal })).record.title).toBe('Half way')
  expect(await codeOf(openSession(id, { storage }))).toBe('session_not_found')
})

test('from one workspace to another of the same storage, and never to itself', async () => {
  const storage = opened(new SqliteStorage({ dataDirectory: join(scratchFolder(), 'data') }))
  const [birds, bees] = [
    { storage, workspaceId: 'birds' },
    { storage, workspaceId: 'bees' },
  ]
  const { id } = await createSession({ ...birds, title: 'Owl' })
  expect(await codeOf(moveSession(id, { from: birds, to: { ...birds } }))).toBe('invalid_request')
  await moveSession(id, { from: birds, to: bees })
  expect(await listSessions(birds)).toEqual([])
  expect((await listSessions(bees)).map(({ record }) => record.title)).toEqual(['Owl'])
})

test('storages are named by what people write', async () => {
  const folder = scratchFolder()
  expect(storageFromUrl(`file:${join(folder, 'files')}`)).toBeInstanceOf(FilesystemStorage)
  expect(storageFromUrl(`sqlite:${join(folder, 'a.db')}`)).toBeInstanceOf(SqliteStorage)
  expect(() => storageFromUrl('ftp://there')).toThrow(expect.objectContaining({ code: 'invalid_request' }))
  const from = opened(new SqliteStorage({ dataDirectory: join(folder, 'data') }))
  const { id } = await createSession({ storage: from, title: 'Rook' })
  const phases: string[] = []
  await moveSession(id, { from, to: `file:${join(folder, 'files')}`, onProgress: ({ phase }) => phases.push(phase) })
  expect(phases.at(-1)).toBe('done')
  await moveSession(id, { from: `file:${join(folder, 'files')}`, to: join(folder, 'data') })
  expect((await openSession(id, { storage: from })).record.title).toBe('Rook')
})

test('a session that was opened is exported from where it is kept', async () => {
  const [storage, goal] = [opened(new MemoryStorage()), opened(new MemoryStorage())]
  const session = await createSession({ storage, title: 'Wren' })
  const path = join(scratchFolder(), 'wren.tar.gz')
  await exportSession(session, path)
  const imported = await importSession(path, { storage: goal, into: '/elsewhere' })
  expect(imported.session.record).toMatchObject({ id: session.id, title: 'Wren', workingDirectory: '/elsewhere' })
  await exportSession(session.id, createWriteStream(path), { storage, redact: true })
  expect(await importSession(path, { storage: goal, asNew: true })).toMatchObject({ canGoOn: false })
  expect(await codeOf(exportSession(session, '/nowhere/at/all.tar.gz'))).toBe('storage_failed')
})

test('what somebody drives is not pruned', async () => {
  const storage = opened(new MemoryStorage())
  const [idle, driven] = [await createSession({ storage }), await createSession({ storage })]
  const { leases } = (await storage.open()).workspace(defaultScope)
  await leases.acquire(driven.id, { owner: sampleOwner(), ttlMs: 60_000 })
  expect(await pruneSessions({ storage, olderThanMs: -1000, dryRun: true })).toEqual({
    removed: [idle.id],
    driven: [driven.id],
  })
  expect(await pruneSessions({ storage, olderThanMs: -1000 })).toEqual({ removed: [idle.id], driven: [driven.id] })
  expect((await listSessions({ storage })).map(({ id }) => id)).toEqual([driven.id])
  expect(await codeOf(pruneSessions({ storage }))).toBe('invalid_request')
})
