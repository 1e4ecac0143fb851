import { afterAll, beforeAll } from 'vitest'
import { openObjectStorage } from '../../src/stores/objects/open-object-storage.ts'
import { openS3Bucket } from '../../src/stores/s3/open-s3-bucket.ts'
import { storageContract } from '../../src/testing/contracts.ts'
import { requires } from '../support/require.ts'
import { S3Server } from '../support/s3-server.ts'

requires('s3').describe('sessions in S3', () => {
  let server: S3Server
  let prefixes = 0
  beforeAll(async () => {
    server = await S3Server.start()
  })
  afterAll(() => server.close())

  storageContract({
    open: async (options) => {
      const { endpoint, credentials } = server
      const bucket = await openS3Bucket({ bucket: 'sessions', prefix: String(prefixes++), endpoint, credentials })
      return openObjectStorage(bucket, { pollMs: 50, ...options })
    },
  })
})
