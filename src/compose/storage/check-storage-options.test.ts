import { describe, expect, it } from 'vitest'
import type { StorageSource } from '../../ports/storage.ts'
import { createSession } from '../create-session.ts'
import { FilesystemStorage } from './filesystem-storage.ts'
import type { LazyStorage } from './lazy-storage.ts'
import { MemoryStorage } from './memory-storage.ts'
import { PostgresStorage } from './postgres-storage.ts'
import { RedisStorage } from './redis-storage.ts'
import { S3Storage } from './s3-storage.ts'
import { SqliteStorage } from './sqlite-storage.ts'
import { withCheckpointsIn } from './with-checkpoints-in.ts'

type StorageClass = new (options: never) => LazyStorage
const classes: readonly StorageClass[] = [PostgresStorage, RedisStorage, S3Storage, SqliteStorage, FilesystemStorage]

describe('a storage that is made of the wrong thing says so at its first use, with the right call', () => {
  const wrong = classes.flatMap((made) => [undefined, null, 5, true].map((given) => ({ made, given })))
  const incomplete = [S3Storage, SqliteStorage, FilesystemStorage, RedisStorage].map((made) => ({ made, given: {} }))
  const empty = [
    ...[PostgresStorage, RedisStorage, FilesystemStorage].map((made) => ({ made, given: '' })),
    { made: SqliteStorage, given: { file: '' } },
    { made: SqliteStorage, given: { dataDirectory: undefined } },
  ]
  it.each([...wrong, ...incomplete, ...empty])('$made.name of $given', async ({ made, given }) => {
    const storage = new made(given as never)
    await expect(storage.open()).rejects.toMatchObject({ code: 'configuration_invalid' })
  })

  it.each(classes)('%o: the hint is the call', async (made) => {
    const hint = expect.stringContaining(`new ${made.name}(`)
    await expect(new made(undefined as never).open()).rejects.toMatchObject({ hint })
  })
})

describe('what is no storage', () => {
  const client = { isOpen: true, connect: () => {}, duplicate: () => {} } as unknown as StorageSource
  it.each([client, null, 'redis://127.0.0.1:6379'])('is refused as the option of a call: %o', async (storage) => {
    const refused = { code: 'invalid_request', details: { option: 'storage' } }
    await expect(createSession({ storage: storage as StorageSource })).rejects.toMatchObject(refused)
  })

  it('is refused as the place of checkpoints', async () => {
    const storage = withCheckpointsIn(new MemoryStorage(), client)
    await expect(storage.open()).rejects.toMatchObject({ code: 'invalid_request' })
  })
})
