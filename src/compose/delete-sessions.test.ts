import { expect, test } from 'vitest'
import { newSessionId } from '../domain/ids.ts'
import { defaultScope } from '../ports/storage.ts'
import { openMemoryStorage } from '../stores/memory/open-memory-storage.ts'
import { sampleRecord } from '../testing/contract-samples.ts'
import { deleteExpired, deleteExpiredNowAndThen } from './delete-sessions.ts'

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
  await deleteExpiredNowAndThen(storage, defaultScope)
  expect(await deleteExpired(storage.workspace(defaultScope))).toEqual([])

  const left = await expire(defaultScope)
  await deleteExpiredNowAndThen(storage, defaultScope)
  expect(await deleteExpired(storage.workspace(defaultScope))).toEqual([left])

  await expire(other)
  await deleteExpiredNowAndThen(storage, other)
  expect(await deleteExpired(storage.workspace(other))).toEqual([])
})
