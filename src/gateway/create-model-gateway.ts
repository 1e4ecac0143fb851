import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { PerdureError } from '../errors/perdure-error.ts'
import type {
  GatewayRun,
  GatewayRunRequest,
  ModelGateway,
  ModelUpstream,
  RequestOrigin,
} from '../ports/model-gateway.ts'
import { ReservationLine } from './budget/reservation-line.ts'
import { systemTimer, type Timer } from './cache/timer.ts'
import { withCacheStrategy } from './cache/with-cache-strategy.ts'
import { forwardExchange } from './forward-exchange.ts'
import { listen, type Listening, type ListenPlace } from './listen.ts'
import { meterRun, type MeteredUpstream } from './metering/meter-run.ts'
import { observeExchange } from './observation/observe-exchange.ts'
import { createTokenCheck, newRunToken } from './run-token.ts'
import { isModelRequest, isServed, notServed, refuse, resolvePath } from './served-paths.ts'
import { guardedUpstream } from './traffic/guarded-upstreams.ts'
import { withRetries } from './traffic/with-retries.ts'

export interface ModelGatewayOptions {
  /** Answers the runs that name no upstream of their own; closed with the gateway. */
  readonly defaultUpstream?: ModelUpstream
  /** Where agents find the gateway. Default: a loopback port that the system chooses. */
  readonly listen?: ListenPlace
  /** By what clock entries of the prompt cache live. Default: the system’s. */
  readonly cacheTimer?: Timer
}

interface OpenRun {
  readonly upstream: ModelUpstream
  /** Null where nobody pays. */
  readonly meter: MeteredUpstream | null
  /** Keeps nothing warm any more. */
  readonly closeCache: () => Promise<void>
  readonly origin: () => RequestOrigin | undefined
  readonly observe: GatewayRunRequest['observe']
  readonly check: ReturnType<typeof createTokenCheck>
  readonly underWay: Set<ServerResponse>
  requests: number
}

/** Longer than runs take; whoever knows better says so. */
const oneWeekMs = 7 * 24 * 60 * 60_000

/** A gateway in this process, on a loopback port of its own that is opened with the first run. */
export function createModelGateway(options: ModelGatewayOptions = {}): ModelGateway {
  const { defaultUpstream, listen: place, cacheTimer = systemTimer } = options
  const runs = new Map<string, OpenRun>()
  const line = new ReservationLine()
  let listening: Promise<Listening> | undefined

  const serve = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const [, runId = '', askedPath = '/'] = /^\/run\/([^/]+)(\/.*)$/.exec(incoming.url ?? '') ?? []
    const path = resolvePath(askedPath)
    const run = runs.get(runId)
    const verdict = run?.check(incoming.headers) ?? 'wrong'
    if (run === undefined || verdict === 'wrong') {
      refuse(outgoing, { status: 403, message: 'This run is closed, or the token is not the run’s.' })
    } else if (verdict === 'expired') {
      refuse(outgoing, { status: 403, message: 'The token of this run has expired.' })
    } else if (!isServed(incoming.method, path)) {
      refuse(outgoing, { status: 404, message: notServed(incoming, path) })
    } else {
      serveRun(run, path, { incoming, outgoing }).catch(() => outgoing.destroy())
    }
  }

  const openRun = async (request: GatewayRunRequest): Promise<GatewayRun> => {
    const upstream = request.upstream ?? defaultUpstream
    if (upstream === undefined)
      throw new PerdureError('credentials_missing', 'There is no key for the model’s service.')
    if (runs.has(request.runId)) throw new PerdureError('invalid_request', `The run ${request.runId} is already open.`)
    const token = newRunToken()
    const run = startRun(request, { upstream, token, line, cacheTimer })
    runs.set(request.runId, run)
    listening ??= listen(serve, place ?? { port: 0 }).catch((error: unknown) => {
      // Whoever asks next may have more luck.
      listening = undefined
      throw error
    })
    const { origin, socketPath } = await listening
    const close = async (): Promise<void> => {
      if (runs.get(request.runId) === run) runs.delete(request.runId)
      await endRun(run)
    }
    const way = { baseUrl: `${origin}/run/${request.runId}`, ...(socketPath === undefined ? {} : { socketPath }) }
    const { name, betas = 'all' } = upstream
    return { ...way, token, upstream: name, betas, close }
  }

  const close = async (): Promise<void> => {
    const open = [...runs.values()]
    runs.clear()
    await Promise.all(open.map(endRun))
    const stopping = listening
    listening = undefined
    if (stopping !== undefined) {
      const { server } = await stopping
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    }
    await defaultUpstream?.close?.()
  }

  return { openRun, close }
}

interface RunMeans {
  readonly upstream: ModelUpstream
  readonly token: string
  readonly line: ReservationLine
  readonly cacheTimer: Timer
}

function startRun(request: GatewayRunRequest, { upstream, token, line, cacheTimer }: RunMeans): OpenRun {
  const { observe, account, retry, cache, tokenTtlMs = oneWeekMs } = request
  const guarded = guardedUpstream(upstream)
  const meter = account === undefined ? null : meterRun(guarded, { account, line })
  // Each attempt is a call of its own: what became of a failed one may never be known.
  const asked = meter ?? guarded
  const retried = retry === undefined ? asked : withRetries(asked, retry)
  const cached =
    cache === undefined
      ? { upstream: retried, close: async () => {} }
      : withCacheStrategy(retried, { strategy: cache, account: account ?? null, pinged: asked, timer: cacheTimer })
  return {
    upstream: cached.upstream,
    meter,
    closeCache: cached.close,
    origin: () => originOf(request),
    observe,
    check: createTokenCheck(token, tokenTtlMs),
    underWay: new Set(),
    requests: 0,
  }
}

async function endRun({ underWay, meter, closeCache }: OpenRun): Promise<void> {
  for (const outgoing of underWay) outgoing.destroy()
  await closeCache()
  await meter?.close()
}

function originOf({ runId, account }: GatewayRunRequest): RequestOrigin | undefined {
  if (account === undefined) return undefined
  try {
    const { organizationId, workspaceId } = account()
    return { runId, organizationId, workspaceId }
  } catch {
    // The run is not known yet. The meter refuses its model requests, and the rest is for nobody in particular.
    return undefined
  }
}

async function serveRun(
  run: OpenRun,
  path: string,
  { incoming, outgoing }: { incoming: IncomingMessage; outgoing: ServerResponse },
): Promise<void> {
  run.underWay.add(outgoing)
  outgoing.once('close', () => run.underWay.delete(outgoing))
  await forwardExchange({
    incoming,
    outgoing,
    path,
    upstream: run.upstream,
    origin: run.origin(),
    observer: (headers, body) =>
      isModelRequest(incoming.method, path)
        ? observeExchange({ request: ++run.requests, headers, body }, run.observe)
        : undefined,
  })
}
