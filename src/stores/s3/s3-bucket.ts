import { createHash, randomUUID } from 'node:crypto'
import type { GetObjectCommandOutput } from '@aws-sdk/client-s3'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { ObjectBucket } from '../../ports/object-bucket.ts'
import type { S3Package } from './load-s3.ts'
import type { S3Connection } from './s3-connection.ts'
import { DamagedObject, failureKind } from './s3-failure.ts'
import type { S3Settings } from './s3-options.ts'

/** The most that one request lists or deletes. */
const keysPerRequest = 1000

/** Names of an object's metadata: whose write it is, and the SHA-256 of its bytes. */
const writeName = 'perdure-write'
const hashName = 'perdure-sha256'

/** Objects in a bucket of S3, or of a service that speaks its language and keeps its conditional writes. */
export class S3Bucket implements ObjectBucket {
  readonly description: string
  readonly #connection: S3Connection
  readonly #commands: S3Package
  readonly #send: S3Connection['send']
  readonly #bucket: string
  readonly #prefix: string

  constructor(connection: S3Connection, { place, bucket, prefix }: S3Settings) {
    this.description = place
    this.#connection = connection
    this.#commands = connection.commands
    this.#send = connection.send
    this.#bucket = bucket
    this.#prefix = prefix
  }

  async create(key: string, bytes: Uint8Array): Promise<boolean> {
    const write = randomUUID()
    const hash = await hashOf(bytes)
    return this.#connection.persist(async (tried) => {
      try {
        await this.#put(key, { bytes, hash, write })
        return true
      } catch (error) {
        if (failureKind(error) !== 'exists') throw error
        // An attempt whose answer was lost may have come through.
        return tried > 0 && (await this.#writeOf(key)) === write
      }
    })
  }

  async read(key: string): Promise<Uint8Array<ArrayBuffer> | null> {
    return this.#connection.persist(async () => {
      try {
        const answer = await this.#send(new this.#commands.GetObjectCommand(this.#place(key)))
        const { bytes, hash } = await bytesOf(answer)
        if (hash !== (answer.Metadata?.[hashName] ?? hash)) {
          throw new DamagedObject(`${key} does not have the hash that it was written with`)
        }
        return bytes
      } catch (error) {
        if (failureKind(error) === 'missing') return null
        throw error
      }
    })
  }

  async list(prefix: string, options: { limit?: number; after?: string } = {}): Promise<string[]> {
    const { limit = Infinity, after } = options
    const keys: string[] = []
    let page: string | undefined
    while (keys.length < limit) {
      const request = {
        Bucket: this.#bucket,
        Prefix: this.#prefix + prefix,
        MaxKeys: Math.min(keysPerRequest, limit - keys.length),
        ContinuationToken: page,
        ...(after !== undefined && { StartAfter: this.#prefix + after }),
      }
      const answer = await this.#connection.persist(() => this.#send(new this.#commands.ListObjectsV2Command(request)))
      for (const { Key = '' } of answer.Contents ?? []) keys.push(Key.slice(this.#prefix.length))
      page = answer.NextContinuationToken
      if (page === undefined) break
    }
    return keys
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (let start = 0; start < keys.length; start += keysPerRequest) {
      let left = keys.slice(start, start + keysPerRequest).map((key) => this.#prefix + key)
      await this.#connection.persist(async () => {
        const objects = left.map((Key) => ({ Key }))
        const request = { Bucket: this.#bucket, Delete: { Objects: objects, Quiet: true } }
        const { Errors = [] } = await this.#send(new this.#commands.DeleteObjectsCommand(request))
        left = Errors.flatMap(({ Key }) => Key ?? [])
        const [refused] = Errors
        if (refused) throw Object.assign(new Error(refused.Message ?? 'not deleted'), { name: refused.Code ?? 'Error' })
      })
    }
  }

  async now(): Promise<number> {
    const { clock } = this.#connection
    if (clock.now() === undefined) await this.list('', { limit: 1 })
    const now = clock.now()
    if (now === undefined) throw new PerdureError('storage_failed', `${this.description} does not tell the time`)
    return now
  }

  async close(): Promise<void> {
    this.#connection.close()
  }

  async #put(key: string, object: { bytes: Uint8Array; hash: Buffer; write: string }): Promise<void> {
    const { bytes, hash, write } = object
    const command = new this.#commands.PutObjectCommand({
      ...this.#place(key),
      Body: bytes,
      ContentLength: bytes.length,
      ContentType: 'application/octet-stream',
      IfNoneMatch: '*',
      // The service refuses what does not have it.
      ChecksumAlgorithm: 'SHA256',
      ChecksumSHA256: hash.toString('base64'),
      Metadata: { [writeName]: write, [hashName]: hash.toString('hex') },
    })
    // Else the signature would hash the body once more, and on the main thread.
    command.middlewareStack.add(
      (next) => (input) => {
        const { headers } = input.request as { headers: Record<string, string> }
        headers['x-amz-content-sha256'] = hash.toString('hex')
        return next(input)
      },
      { step: 'build', name: 'perdurePayloadHash' },
    )
    await this.#send(command)
  }

  /** The write that made the object; undefined when it is not there. */
  async #writeOf(key: string): Promise<string | undefined> {
    try {
      return (await this.#send(new this.#commands.HeadObjectCommand(this.#place(key)))).Metadata?.[writeName]
    } catch (error) {
      if (failureKind(error) === 'missing') return undefined
      throw error
    }
  }

  #place(key: string) {
    return { Bucket: this.#bucket, Key: this.#prefix + key }
  }
}

/** Off the main thread: a pack may have many megabytes. */
const hashOf = async (bytes: Uint8Array): Promise<Buffer> =>
  Buffer.from(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>))

/** Hashed as it comes, piece by piece, so that nothing else waits for it. */
async function bytesOf({ Body, ContentLength = 0 }: GetObjectCommandOutput) {
  const bytes = Buffer.allocUnsafeSlow(ContentLength)
  const hash = createHash('sha256')
  let length = 0
  for await (const chunk of Body as AsyncIterable<Uint8Array>) {
    if (length + chunk.length > bytes.length) throw new DamagedObject('an answer is longer than it said')
    bytes.set(chunk, length)
    hash.update(chunk)
    length += chunk.length
  }
  if (length < bytes.length) throw new DamagedObject('an answer is shorter than it said')
  return { bytes, hash: hash.digest('hex') }
}
