import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { openS3Bucket } from '../../src/stores/s3/open-s3-bucket.ts'
import type { S3Options } from '../../src/stores/s3/s3-options.ts'
import { objectBucketContract } from '../../src/testing/object-bucket-contract.ts'
import { requires } from '../support/require.ts'
import { S3Server } from '../support/s3-server.ts'

requires('s3').describe('a bucket of S3', () => {
  let server: S3Server
  let prefixes = 0
  beforeAll(async () => {
    server = await S3Server.start()
  })
  afterAll(() => server.close())
  beforeEach(() => server.mend())

  const optionsOf = (more: Partial<S3Options> = {}): S3Options => ({
    bucket: 'perdure-test',
    prefix: `of/${prefixes++}`,
    endpoint: server.endpoint,
    credentials: server.credentials,
    ...more,
  })
  const open = (more?: Partial<S3Options>) => openS3Bucket(optionsOf(more))
  const pack = randomBytes(300_000)
  const slowDown = { status: 503, code: 'SlowDown' }

  objectBucketContract({ open })

  it('says where it is', async () => {
    const bucket = await open({ prefix: '/sessions/' })
    expect(bucket.description).toBe(`s3 perdure-test/sessions at ${new URL(server.endpoint).host}`)
    await bucket.close()
    await expect(bucket.read('key')).rejects.toThrow('the storage is closed')
  })

  it('is made at a service that is named, and missed at AWS', async () => {
    await (await open({ bucket: 'made-at-once' })).close()
    await expect(open({ bucket: 'not-there', createBucket: false })).rejects.toMatchObject({
      code: 'storage_failed',
      hint: 'Make the bucket, or correct its name.',
    })
  })

  it('refuses a service that does not keep conditional writes', async () => {
    server.failNext('PUT', 'unconditional', 'unconditional')
    await expect(open({ bucket: 'perdure-test', createBucket: false })).rejects.toMatchObject({
      code: 'storage_failed',
      message: expect.stringContaining('does not keep conditional writes'),
    })
    server.failNext('PUT', { status: 501, code: 'NotImplemented' })
    await expect(open({ createBucket: false })).rejects.toMatchObject({ code: 'storage_failed' })
  })

  it('writes once, although answers are lost, overload is said and connections break', async () => {
    const bucket = await open()
    server.failNext('PUT', 'cut', slowDown, { status: 500, code: 'InternalError' }, 'forget')
    expect(await bucket.create('pack', pack)).toBe(true)
    server.failNext('PUT', { status: 409, code: 'ConditionalRequestConflict' })
    expect(await bucket.create('conflict', pack)).toBe(true)
    // Somebody else's object is theirs, also for whoever had to ask twice.
    server.failNext('PUT', 'forget')
    expect(await bucket.create('pack', pack)).toBe(false)
    server.failNext('PUT', 'forget')
    server.failNext('HEAD', 'cut', slowDown)
    expect(await bucket.create('other', pack)).toBe(true)
    await bucket.close()
  })

  it('reads every byte, although answers break off or are changed on their way', async () => {
    const bucket = await open()
    await bucket.create('pack', pack)
    server.failNext('GET', 'truncate', 'damage', 'cut', slowDown, 'forget')
    expect(Buffer.from((await bucket.read('pack'))!).equals(pack)).toBe(true)
    server.failNext('GET', 'truncate', 'cut')
    expect(await bucket.read('nothing')).toBeNull()
    server.failNext('GET', 'damage', 'damage', 'damage')
    await expect(bucket.read('pack')).rejects.toMatchObject({
      code: 'storage_failed',
      details: { place: bucket.description },
    })
    await bucket.close()
  })

  it('lists and deletes through faults', async () => {
    const bucket = await open()
    await bucket.create('a', pack)
    await bucket.create('b', pack)
    server.failNext('GET', 'cut', slowDown, 'truncate')
    expect(await bucket.list('')).toEqual(['a', 'b'])
    server.failNext('POST', 'forget', slowDown)
    await bucket.delete(['a', 'b'])
    expect(await bucket.list('')).toEqual([])
    await bucket.close()
  })

  it('gives up on a service that stays away, and says so', async () => {
    const bucket = await open({ outageTimeoutMs: 300 })
    server.failNext('GET', ...Array.from({ length: 1000 }, () => 'cut' as const))
    await expect(bucket.read('pack')).rejects.toMatchObject({
      code: 'storage_failed',
      details: { is_unreachable: true },
    })
    await bucket.close()
  })

  it('waits long only for a service that has answered before', async () => {
    await expect(open({ endpoint: 'http://127.0.0.1:1', outageTimeoutMs: 3_600_000 })).rejects.toMatchObject({
      code: 'storage_failed',
      details: { is_unreachable: true },
    })
  })

  it('shows no secret', async () => {
    const bucket = await open()
    server.failNext('GET', { status: 403, code: server.credentials.secretAccessKey })
    const error = await bucket.read('pack').catch((caught: unknown) => caught)
    const shown = JSON.stringify([error, String(error), (error as Error).stack, (error as Error).cause])
    expect(shown).toContain('Check the keys')
    expect(shown).not.toContain(server.credentials.secretAccessKey)
    await bucket.close()
  })
})
