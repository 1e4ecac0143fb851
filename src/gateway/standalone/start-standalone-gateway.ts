import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ModelUpstream } from '../../ports/model-gateway.ts'
import type { ModelObservation } from '../../ports/model-observation.ts'
import { forwardExchange } from '../forward-exchange.ts'
import { listen, type ListenPlace } from '../listen.ts'
import { observeExchange } from '../observation/observe-exchange.ts'
import { isModelRequest, isServed, notServed, refuse, resolvePath } from '../served-paths.ts'
import { guardedUpstream } from '../traffic/guarded-upstreams.ts'
import { recordRequest, type RequestRecord } from './request-record.ts'
import type { WorkerTokens } from './worker-tokens.ts'

export interface StandaloneGatewayOptions {
  readonly upstream: ModelUpstream
  readonly tokens: WorkerTokens
  readonly place: ListenPlace
  /** Hears of each request when it has ended. */
  readonly log: (record: RequestRecord) => void
}

export interface StandaloneGateway {
  /** `http://127.0.0.1:4141`, or the path of the socket. */
  readonly address: string
  readonly upstream: string
  /**
   * Takes no more requests and lets those under way end, until `giveUp` is aborted: then they are cut. Resolves to how
   * many were.
   */
  stop(giveUp: AbortSignal): Promise<number>
}

/** A gateway without agents of its own: workers reach the model through it, with the keys and limits that it holds. */
export async function startStandaloneGateway(options: StandaloneGatewayOptions): Promise<StandaloneGateway> {
  const { tokens, place, log } = options
  const upstream = guardedUpstream(options.upstream)
  const underWay = new Set<ServerResponse>()
  let isDraining = false

  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const path = resolvePath(incoming.url ?? '/')
    if (path === '/healthz') return answerHealth(outgoing, isDraining)
    underWay.add(outgoing)
    outgoing.once('close', () => underWay.delete(outgoing))
    const origin = await tokens.find(incoming.headers)
    const record = recordRequest({ incoming, outgoing, origin }, log)
    const observe = (observation: ModelObservation): void => {
      // A worker that waits for a limit must not take the gateway for silent.
      if (observation.type === 'waiting' && !outgoing.headersSent) outgoing.writeProcessing()
      record.observe(observation)
    }
    if (origin === undefined) return refuse(outgoing, { status: 401, message: 'This is not the token of a worker.' })
    if (!isServed(incoming.method, path)) {
      return refuse(outgoing, { status: 404, message: notServed(incoming, path) })
    }
    // Those who come on a connection that is kept open go elsewhere afterwards.
    if (isDraining) outgoing.setHeader('connection', 'close')
    await forwardExchange({
      incoming,
      outgoing,
      path,
      upstream,
      origin,
      observer: (headers, body) =>
        isModelRequest(incoming.method, path) ? observeExchange({ request: 1, headers, body }, observe) : undefined,
    })
  }

  const { server, origin, socketPath } = await listen((incoming, outgoing) => {
    serve(incoming, outgoing).catch(() => outgoing.destroy())
  }, place)
  // Unlike a gateway beside its agents, this one is what its process is there for.
  server.ref()

  const stop = async (giveUp: AbortSignal): Promise<number> => {
    isDraining = true
    const closed = once(server, 'close')
    server.close()
    // Neither a closed server nor its connections keep the process alive until all is said.
    const alive = setInterval(() => {}, 60_000)
    while (underWay.size > 0 && !giveUp.aborted) {
      await Promise.all([...underWay].map((outgoing) => once(outgoing, 'close', { signal: giveUp }))).catch(() => {})
    }
    clearInterval(alive)
    const cut = underWay.size
    server.closeAllConnections()
    await closed
    await options.upstream.close?.()
    return cut
  }

  return { address: socketPath ?? origin, upstream: upstream.name, stop }
}

function answerHealth(outgoing: ServerResponse, isDraining: boolean): void {
  outgoing.writeHead(isDraining ? 503 : 200, { 'content-type': 'application/json' })
  outgoing.end(JSON.stringify({ status: isDraining ? 'draining' : 'ok' }))
}
