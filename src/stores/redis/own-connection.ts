import type { ConnectionOptions as TlsOptions } from 'node:tls'
import type * as Redis from 'redis'
import { loadRedis } from './load-redis.ts'
import { nodeRedisSubscription } from './node-redis-subscription.ts'
import type { RedisArgument, RedisConnection, RedisListener, Subscription } from './redis-connection.ts'
import { redisUrl } from './redis-options.ts'

type Client = Redis.RedisClientType

const longestPauseMs = 2000
/** How a text of a reply is marked on the wire; here it stays bytes. */
const textsAsBytes = { typeMapping: { 36: Buffer } }
const textsAsStrings = { typeMapping: {} }

/** A connection to a server by its URL. It is made when it is needed, and anew after it broke. */
export class OwnConnection implements RedisConnection {
  readonly place: string
  readonly #newClient: (reconnects: boolean) => Client
  #client: Promise<Client> | undefined
  #pending = 0

  private constructor(place: string, newClient: (reconnects: boolean) => Client) {
    this.place = place
    this.#newClient = newClient
  }

  /** @throws {PerdureError} `configuration_invalid`; `storage_failed` without the package. */
  static async to(
    text: string,
    options: { tls?: TlsOptions | undefined; connectTimeoutMs: number },
  ): Promise<OwnConnection> {
    const url = redisUrl(text)
    const { createClient } = await loadRedis()
    const tls = url.protocol === 'rediss:' && { tls: true, ...options.tls }
    const newClient = (reconnects: boolean): Client => {
      const reconnectStrategy = reconnects && ((tried: number) => Math.min(20 * 2 ** tried, longestPauseMs))
      const client = createClient({
        url: url.href,
        disableOfflineQueue: true,
        socket: { connectTimeout: options.connectTimeoutMs, reconnectStrategy, ...tls } as NonNullable<
          Redis.RedisClientOptions['socket']
        >,
      }) as unknown as Client
      // Whoever asks is told; an event that nobody listens to would end the process.
      client.on('error', () => {})
      return client
    }
    return new OwnConnection(`${url.hostname}:${url.port || '6379'}/${url.pathname.slice(1) || '0'}`, newClient)
  }

  send(command: readonly RedisArgument[]): Promise<unknown> {
    return this.#ask((client) => client.sendCommand(command, textsAsStrings))
  }

  sendForBytes(command: readonly RedisArgument[]): Promise<unknown> {
    return this.#ask((client) => client.sendCommand(command, textsAsBytes))
  }

  listen(channel: string, listener: RedisListener): Subscription {
    return nodeRedisSubscription(this.#newClient(true), { channel, ...listener })
  }

  giveUp(): void {
    void this.#client?.then(destroy, () => {})
    this.#client = undefined
  }

  async close(): Promise<void> {
    const client = await this.#client?.catch(() => undefined)
    this.#client = undefined
    if (client) destroy(client)
  }

  async #ask(question: (client: Client) => Promise<unknown>): Promise<unknown> {
    const connected = (this.#client ??= this.#connect())
    const client = await connected.catch((error: unknown) => {
      if (this.#client === connected) this.#client = undefined
      throw error
    })
    if (!client.isReady && this.#client === connected) this.#client = undefined
    // The process stays while an answer is awaited, and may end while none is.
    if (this.#pending++ === 0) client.ref()
    try {
      return await question(client)
    } finally {
      if (--this.#pending === 0) client.unref()
    }
  }

  async #connect(): Promise<Client> {
    const client = this.#newClient(false)
    try {
      await client.connect()
      return client
    } catch (error) {
      destroy(client)
      throw error
    }
  }
}

function destroy(client: Client): void {
  if (client.isOpen) client.destroy()
}
