import type { RequestOptions } from 'node:http'
import { Agent } from 'node:https'
import type { Duplex } from 'node:stream'

type Made = (error: Error | null, connection: Duplex) => void

/** A proxy that has not let a request through by then never will; whoever waits for it may be gone long since. */
const tunnelTimeoutMs = 30_000

/** Node's own agent, which waits for a proxy's tunnel for ever, and keeps the connection to one that refuses it. */
export class TunnellingAgent extends Agent {
  override createConnection(options: RequestOptions, made?: Made): Duplex | null | undefined {
    // Called back only about tunnels: without a proxy the timeout means nothing.
    const connection = super.createConnection({ ...options, timeout: tunnelTimeoutMs }, (error, tunnel) => {
      if (error !== null) connection?.destroy()
      made?.(error, tunnel)
    })
    return connection
  }
}
