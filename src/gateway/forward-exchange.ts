import type { IncomingMessage, ServerResponse } from 'node:http'
import { PerdureError } from '../errors/perdure-error.ts'
import type { ModelUpstream, RequestOrigin, UpstreamResponse } from '../ports/model-gateway.ts'
import type { UpstreamNotice } from '../ports/upstream-notice.ts'
import type { ExchangeObserver } from './observation/observe-exchange.ts'
import { apiErrorResponse, newRequestId } from './wire/api-error.ts'
import { headersForAgent, headersForUpstream } from './wire/wire-headers.ts'

/** Twice what the Messages API takes (32 MB): only a bound on our memory. */
const maxBodyBytes = 64 * 1024 * 1024

export interface Exchange {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  /** Path with query, from `/v1/` on. */
  readonly path: string
  readonly upstream: ModelUpstream
  readonly origin?: RequestOrigin | undefined
  /** Called with the body when it is there; nothing is observed when it gives nothing. */
  readonly observer: (headers: Readonly<Record<string, string>>, body: Uint8Array) => ExchangeObserver | undefined
}

/** Carries one request to the upstream and its answer back, byte by byte, at the pace of the slower side. */
export async function forwardExchange(exchange: Exchange): Promise<void> {
  const { incoming, outgoing, path, upstream, origin, observer } = exchange
  const body = await readBody(incoming)
  if (body === 'gone' || outgoing.destroyed) return
  if (body === 'too_large') {
    const refusal = apiErrorResponse({ status: 413, message: 'Request exceeds the maximum size' })
    return sendAnswer({ outgoing, watch: undefined }, refusal)
  }
  const hangUp = new AbortController()
  const headers = headersForUpstream(incoming.headers)
  // Observed at the earliest when the observer is there.
  const notify = (notice: UpstreamNotice): void => queueMicrotask(() => watch?.notice(notice))
  const request = { method: incoming.method ?? 'GET', path, headers, body, signal: hangUp.signal, notify }
  // The upstream starts first: reading a large body for the observer then costs no time on the way.
  const answering = Promise.try(() => upstream.handle(origin === undefined ? request : { ...request, origin }))
  const watch = observer(headers, body)
  outgoing.once('close', () => {
    if (outgoing.writableFinished) return
    watch?.end({ how: 'client_abort' })
    hangUp.abort()
  })
  try {
    await sendAnswer({ outgoing, watch }, await answering)
  } catch (cause) {
    // Also where it was the answer that could not be passed on: nobody reads it any more.
    hangUp.abort()
    if (!outgoing.destroyed) await sendFailure({ outgoing, watch }, cause)
  }
}

/** The whole body. One that is too large is read to its end but not kept, so that its sender hears the answer. */
async function readBody(incoming: IncomingMessage): Promise<Buffer | 'gone' | 'too_large'> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes <= maxBodyBytes) chunks.push(chunk)
      else chunks.length = 0
    }
  } catch {
    return 'gone'
  }
  if (bytes > maxBodyBytes) return 'too_large'
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, bytes)
}

interface AgentSide {
  readonly outgoing: ServerResponse
  readonly watch: ExchangeObserver | undefined
}

async function sendAnswer({ outgoing, watch }: AgentSide, answer: UpstreamResponse): Promise<void> {
  const requestId = answer.headers['request-id'] ?? newRequestId()
  watch?.response(answer.status, requestId)
  outgoing.writeHead(answer.status, {
    ...headersForAgent(answer.headers),
    // Asked again, a refused credential is refused again; the agent would try for seconds.
    ...(answer.status === 401 ? { 'x-should-retry': 'false' } : {}),
    'request-id': requestId,
  })
  const isStream = answer.status < 400 && (answer.headers['content-type'] ?? '').startsWith('text/event-stream')
  if (watch === undefined || isStream) {
    outgoing.flushHeaders()
    await pump({ outgoing, watch }, answer.body)
    watch?.endOfStream()
    if (!outgoing.destroyed) outgoing.end()
    return
  }
  // An answer in one piece is observed before its first byte travels on, and travels in one piece.
  const chunks: Uint8Array[] = []
  for await (const chunk of answer.body) chunks.push(chunk)
  const whole = Buffer.concat(chunks)
  watch.wholeAnswer(answer.status, whole)
  if (!outgoing.destroyed) outgoing.end(whole)
}

async function pump({ outgoing, watch }: AgentSide, body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of body) {
    watch?.streamChunk(chunk)
    if (outgoing.destroyed) return
    if (!outgoing.write(chunk)) await drained(outgoing)
  }
}

/** Waits until the agent has read on, or is gone. */
function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      outgoing.off('drain', done).off('close', done)
      resolve()
    }
    outgoing.once('drain', done).once('close', done)
  })
}

/** The upstream failed: an error answer while that is still possible, else the connection is cut. */
async function sendFailure({ outgoing, watch }: AgentSide, cause: unknown): Promise<void> {
  const message = PerdureError.is(cause) ? cause.message : 'The model’s service broke the connection.'
  if (outgoing.headersSent) {
    watch?.end({ how: 'upstream_cut', error: { type: 'api_error', message } })
    // What was written still arrives; then the connection ends without the answer's end.
    outgoing.socket?.destroySoon()
    return
  }
  const failure = apiErrorResponse({ status: 502, message })
  watch?.response(failure.status, failure.headers['request-id']!)
  watch?.end({ how: 'upstream_cut', error: { type: 'api_error', message } })
  await sendAnswer({ outgoing, watch: undefined }, failure)
}
