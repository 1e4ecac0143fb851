export type RedisArgument = string | Buffer

/** The little that the stores need of a client, whichever package it is of. */
export interface RedisConnection {
  /** Where the server is, without secrets: `127.0.0.1:6379/0`. */
  readonly place: string
  /** One command, sent in the order of the calls; its reply with texts as strings. */
  send(command: readonly RedisArgument[]): Promise<unknown>
  /** The same, with texts as bytes. */
  sendForBytes(command: readonly RedisArgument[]): Promise<unknown>
  /** On a connection of its own, which is made anew when it breaks. */
  listen(channel: string, listener: RedisListener): Subscription
  /** The server does not answer: what is asked next goes over a new connection, where that is ours to decide. */
  giveUp(): void
  close(): Promise<void>
}

export interface RedisListener {
  readonly heard: (message: string) => void
  /** It listens, for the first time or again: whatever was said before may have been missed. */
  readonly listening: () => void
}

export interface Subscription {
  close(): void
}
