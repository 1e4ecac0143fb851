import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** A way to a server of this machine that can be cut, as a network is. */
export class SwitchedProxy {
  readonly port: number
  /** Connections that came while it was cut. */
  refusals = 0
  readonly #server: Server
  readonly #sockets: Set<Socket>
  #isCut = false

  private constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server
    this.#sockets = sockets
    this.port = (server.address() as AddressInfo).port
  }

  static async start(targetPort: number): Promise<SwitchedProxy> {
    const sockets = new Set<Socket>()
    const server = createServer((client) => {
      if (proxy.#isCut) {
        proxy.refusals++
        return void client.destroy()
      }
      const target = connect(targetPort, '127.0.0.1')
      for (const [from, to] of [
        [client, target],
        [target, client],
      ] as const) {
        sockets.add(from)
        from.on('error', () => {}).on('close', () => (sockets.delete(from), to.destroy()))
        from.pipe(to)
      }
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const proxy = new SwitchedProxy(server, sockets)
    return proxy
  }

  cut(): void {
    this.#isCut = true
    for (const socket of this.#sockets) socket.destroy()
  }

  mend(): void {
    this.#isCut = false
  }

  close(): void {
    this.cut()
    this.#server.close()
  }
}
