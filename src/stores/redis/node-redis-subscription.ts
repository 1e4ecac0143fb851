import type { RedisListener, Subscription } from './redis-connection.ts'

/** A client of the package `redis` that is there to listen, and not yet connected. */
export interface ListeningClient {
  readonly isOpen: boolean
  on(event: string, listener: () => void): unknown
  connect(): Promise<unknown>
  subscribe(channel: string, heard: (message: string) => void): Promise<unknown>
  destroy(): void
  unref(): void
}

/** Connects it and listens; it connects and subscribes again by itself. */
export function nodeRedisSubscription(
  client: ListeningClient,
  { channel, heard, listening }: RedisListener & { channel: string },
): Subscription {
  // Whoever reads reports what is wrong.
  client.on('error', () => {})
  client.on('ready', () => {
    // A subscription alone does not keep a process alive.
    client.unref()
    listening()
  })
  void client
    .connect()
    .then(() => client.subscribe(channel, heard))
    .then(listening)
    .catch(() => {})
  return { close: () => client.isOpen && client.destroy() }
}
