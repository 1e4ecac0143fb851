import { PerdureError } from '../../errors/perdure-error.ts'
import { nodeRedisSubscription, type ListeningClient } from './node-redis-subscription.ts'
import type { RedisArgument, RedisConnection, RedisListener, Subscription } from './redis-connection.ts'

/** A connected client of the package `redis` (`createClient`), as far as it is used. */
export interface NodeRedisClient {
  readonly isOpen: boolean
  readonly options?: unknown
  sendCommand(command: readonly RedisArgument[], options?: { typeMapping?: Record<number, unknown> }): Promise<unknown>
  duplicate(): unknown
}

/** A client of the package `ioredis` (`new Redis()`), as far as it is used. */
export interface IoRedisClient {
  readonly status: string
  readonly options: unknown
  call(command: string, ...args: RedisArgument[]): Promise<unknown>
  callBuffer(command: string, ...args: RedisArgument[]): Promise<unknown>
  duplicate(): unknown
}

export type RedisClient = NodeRedisClient | IoRedisClient

/**
 * A client of the caller's. Commands go over it; for listening it is duplicated. It is never closed.
 * @throws {PerdureError} `configuration_invalid` for what is no such client, or is not connected.
 */
export function givenConnection(client: unknown): RedisConnection {
  if (!isObject(client) || client['isCluster'] === true || 'masters' in client || 'slots' in client)
    throw notSupported()
  const options = isObject(client['options']) ? client['options'] : {}
  if (options['keyPrefix']) {
    throw new PerdureError('configuration_invalid', 'the Redis client puts a prefix before keys by itself', {
      hint: 'Give a client without keyPrefix, and the prefix to RedisStorage: { client, keyPrefix }.',
    })
  }
  if (isIoRedis(client)) return new IoRedisConnection(client, placeOf(options))
  if (!isNodeRedis(client)) throw notSupported()
  if (!client.isOpen) {
    throw new PerdureError('configuration_invalid', 'the Redis client is not connected', {
      hint: 'await client.connect() before its first use, or give the URL.',
    })
  }
  return new NodeRedisConnection(client, placeOf(options))
}

class NodeRedisConnection implements RedisConnection {
  readonly place: string
  readonly #client: NodeRedisClient

  constructor(client: NodeRedisClient, place: string) {
    this.#client = client
    this.place = place
  }

  // Whatever mapping of types the client has by default.
  send = (command: readonly RedisArgument[]): Promise<unknown> => this.#ask(command, {})

  sendForBytes = (command: readonly RedisArgument[]): Promise<unknown> => this.#ask(command, { 36: Buffer })

  listen(channel: string, listener: RedisListener): Subscription {
    return nodeRedisSubscription(this.#client.duplicate() as ListeningClient, { channel, ...listener })
  }

  giveUp(): void {}
  async close(): Promise<void> {}

  async #ask(command: readonly RedisArgument[], typeMapping: Record<number, unknown>): Promise<unknown> {
    if (!this.#client.isOpen) throw closedByOwner()
    return this.#client.sendCommand(command, { typeMapping })
  }
}

class IoRedisConnection implements RedisConnection {
  readonly place: string
  readonly #client: IoRedisClient

  constructor(client: IoRedisClient, place: string) {
    this.#client = client
    this.place = place
  }

  send = ([name, ...args]: readonly RedisArgument[]): Promise<unknown> => this.#client.call(String(name), ...args)

  sendForBytes = ([name, ...args]: readonly RedisArgument[]): Promise<unknown> =>
    this.#client.callBuffer(String(name), ...args)

  listen(channel: string, { heard, listening }: RedisListener): Subscription {
    const own = this.#client.duplicate() as {
      on(event: string, listener: (...args: string[]) => void): unknown
      subscribe(channel: string): Promise<unknown>
      disconnect(): void
    }
    own.on('error', () => {})
    own.on('message', (_channel, message) => heard(message ?? ''))
    own.on('ready', listening)
    own.subscribe(channel).then(listening, () => {})
    return { close: () => own.disconnect() }
  }

  giveUp(): void {}
  async close(): Promise<void> {}
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

const hasMethods = (client: object, ...names: string[]): boolean =>
  names.every((name) => typeof Reflect.get(client, name) === 'function')

const isIoRedis = (client: object): client is IoRedisClient => hasMethods(client, 'call', 'callBuffer', 'duplicate')

const isNodeRedis = (client: object): client is NodeRedisClient =>
  hasMethods(client, 'sendCommand', 'duplicate') && 'isOpen' in client

function placeOf(options: Record<string, unknown>): string {
  const url = typeof options['url'] === 'string' && URL.canParse(options['url']) ? new URL(options['url']) : null
  const socket = isObject(options['socket']) ? options['socket'] : options
  const host = url?.hostname ?? socket['host'] ?? 'localhost'
  const port = (url?.port || socket['port']) ?? 6379
  const database = url?.pathname.slice(1) || options['database'] || options['db'] || 0
  return `${text(host)}:${text(port)}/${text(database)}`
}

const closedByOwner = (): PerdureError =>
  new PerdureError('storage_failed', 'the Redis client was closed', {
    hint: 'Close the storage first, then its client.',
  })

const text = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '?')

const notSupported = (): PerdureError =>
  new PerdureError('configuration_invalid', 'this is no client of one Redis server', {
    hint: "Give the URL, or a client that was made by createClient of 'redis' or new Redis() of 'ioredis'; no cluster, sentinel or pool.",
  })
