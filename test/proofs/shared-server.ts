import { setTimeout as sleep } from 'node:timers/promises'

interface Server {
  readonly url: string
  kill(): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
}

/** A database server that trials share, started when the first needs it. It dies for one trial after the other. */
export class SharedServer {
  readonly #start: () => Promise<Server>
  #server: Promise<Server> | undefined
  #outages: Promise<void> = Promise.resolve()

  constructor(start: () => Promise<Server>) {
    this.#start = start
  }

  async url(): Promise<string> {
    return (await this.#running()).url
  }

  /** Resolves when it is gone; it comes back by itself. */
  endFor(outageMs: number): Promise<void> {
    const { promise: isGone, resolve: gone } = Promise.withResolvers<void>()
    this.#outages = this.#outages.then(async () => {
      const server = await this.#running()
      await server.kill()
      gone()
      await sleep(outageMs)
      await server.start()
    })
    return isGone
  }

  async close(): Promise<void> {
    await this.#outages
    await (await this.#server)?.close()
    this.#server = undefined
  }

  #running(): Promise<Server> {
    this.#server ??= this.#start()
    return this.#server
  }
}
