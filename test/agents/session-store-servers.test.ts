import { afterAll } from 'vitest'
import { TestRedisServer } from '../support/redis-server.ts'
import { requires } from '../support/require.ts'
import { S3Server } from '../support/s3-server.ts'
import { bareAgentSuite, sharedBackend } from './bare-agent-suite.ts'

requires('redis').describe('the bare Agent SDK on Redis', () => {
  let server: TestRedisServer | undefined
  afterAll(() => server?.close())
  bareAgentSuite(async () => {
    server = await TestRedisServer.start()
    return sharedBackend(['RedisStorage', server.url])
  })
})

requires('s3').describe('the bare Agent SDK on S3', () => {
  let server: S3Server | undefined
  afterAll(() => server?.close())
  bareAgentSuite(async () => {
    server = await S3Server.start()
    const { endpoint, credentials } = server
    return sharedBackend(['S3Storage', { bucket: 'sessions', endpoint, credentials }])
  })
})
