import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export type Cut = 'before the commit' | 'after the commit'

/** Stands between a server and its clients, and breaks the connection of the next commit where it is told to. */
export class CuttingProxy {
  readonly port: number
  readonly #close: () => void
  #next: { readonly cut: Cut; readonly commit: string } | undefined
  #cuts = 0

  private constructor(port: number, close: () => void) {
    this.port = port
    this.#close = close
  }

  static async start(targetPort: number): Promise<CuttingProxy> {
    const sockets = new Set<Socket>()
    const server = createServer((client) => {
      const target = connect(targetPort, '127.0.0.1')
      for (const socket of [client, target]) {
        sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)))
      }
      proxy.#join(client, target)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const proxy: CuttingProxy = new CuttingProxy((server.address() as AddressInfo).port, () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    })
    return proxy
  }

  get cuts(): number {
    return this.#cuts
  }

  /** @param commit What a message holds that commits; by default as PostgreSQL is told to. */
  cutNext(cut: Cut, commit = 'commit\0'): void {
    this.#next = { cut, commit }
  }

  close(): void {
    this.#close()
  }

  #join(client: Socket, target: Socket): void {
    let isSilent = false
    client.on('data', (bytes) => {
      const cut = this.#next && bytes.includes(this.#next.commit) ? this.#next.cut : undefined
      if (cut !== undefined) {
        this.#next = undefined
        this.#cuts++
        isSilent = true
      }
      if (cut === 'before the commit') client.destroy()
      else target.write(bytes)
    })
    target.on('data', (bytes) => (isSilent ? client.destroy() : client.write(bytes)))
    client.on('close', () => target.end())
    target.on('close', () => client.end())
  }
}
