import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { newSessionId } from '../domain/ids.ts'
import { defaultScope } from '../ports/storage.ts'
import { openMemoryStorage } from '../stores/memory/open-memory-storage.ts'
import { sampleRecord } from '../testing/contract-samples.ts'
import { deleteExpired, deleteExpiredNowAndThen, deleteSession } from './delete-sessions.ts'
import { forkFolder } from './fork-folder.ts'

const dataDirectory = mkdtempSync(join(tmpdir(), 'perdure-delete-'))
afterAll(() => rmSync(dataDirectory, { recursive: true, force: true }))

test('whoever comes by often deletes what has expired now and then, in each workspace', async () => {
  const storage = openMemoryStorage()
  const other = { organizationId: 'acme', workspaceId: 'birds' }
  const expire = async (scope: typeof other) => {
    const record = sampleRecord({ id: newSessionId(), ttlSeconds: 0.001 })
    const { id, expiresAt } = await storage.workspace(scope).sessions.create(record)
    while (Date.now() <= expiresAt!.getTime()) await new Promise((resolve) => setTimeout(resolve, 1))
    return id
  }
  await expire(defaultScope)
  await deleteExpiredNowAndThen(storage, { scope: defaultScope, dataDirectory })
  expect(await deleteExpired({ stores: storage.workspace(defaultScope), dataDirectory })).toEqual([])

  const left = await expire(defaultScope)
  await deleteExpiredNowAndThen(storage, { scope: defaultScope, dataDirectory })
  expect(await deleteExpired({ stores: storage.workspace(defaultScope), dataDirectory })).toEqual([left])

  await expire(other)
  await deleteExpiredNowAndThen(storage, { scope: other, dataDirectory })
  expect(await deleteExpired({ stores: storage.workspace(other), dataDirectory })).toEqual([])
})

test('the folder that was made for a fork goes with it, unless another session works in it', async () => {
  const stores = openMemoryStorage().workspace(defaultScope)
  const fork = async () => {
    const id = newSessionId()
    const workingDirectory = forkFolder(dataDirectory, id)
    mkdirSync(workingDirectory, { recursive: true })
    writeFileSync(join(workingDirectory, 'notes.txt'), 'a')
    return stores.sessions.create(sampleRecord({ id, workingDirectory }))
  }
  const alone = await fork()
  const shared = await fork()
  const other = sampleRecord({ id: newSessionId(), workingDirectory: join(shared.workingDirectory, 'below') })
  await stores.sessions.create(other)

  await deleteSession({ stores, dataDirectory }, alone.id)
  await deleteSession({ stores, dataDirectory }, shared.id)
  expect(existsSync(alone.workingDirectory)).toBe(false)
  expect(existsSync(shared.workingDirectory)).toBe(true)
})
