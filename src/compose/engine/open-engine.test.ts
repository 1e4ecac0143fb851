import { afterEach, expect, test, vi } from 'vitest'
import { processRuntime } from '../process-runtime.ts'
import { storageOfEngine } from './open-engine.ts'

const databaseUrl = 'postgres://database/perdure'

afterEach(async () => {
  vi.unstubAllEnvs()
  await processRuntime().close()
})

test('the database of the environment is that of the library, with what stands beside it, also for whoever names it', () => {
  vi.stubEnv('PERDURE_DATABASE_URL', databaseUrl)
  vi.stubEnv('PERDURE_S3_BUCKET', 'checkpoints')
  expect(storageOfEngine({ databaseUrl })).toEqual(storageOfEngine({}))
})

test('another database is one storage for all who name it', () => {
  vi.stubEnv('PERDURE_DATABASE_URL', 'postgres://database/another')
  const { storage } = storageOfEngine({ databaseUrl })
  expect(storage).toBeDefined()
  expect(storageOfEngine({ databaseUrl }).storage).toBe(storage)
})
