import { PerdureError } from '../../errors/perdure-error.ts'
import type { ModelUpstream, RequestOrigin, UpstreamRequest, UpstreamResponse } from '../../ports/model-gateway.ts'
import { apiErrorResponse } from '../wire/api-error.ts'
import { decoratedUpstream } from './decorated-upstream.ts'
import { markNotSent } from '../wire/not-sent.ts'
import { usageReader, type UsageReader } from './usage-reader.ts'
import { retryAfterMs, usedUpForMs } from './rate-limit-headers.ts'
import { estimatedInputTokens, isModelRequest, modelOf } from './request-facts.ts'
import type { Admission, TrafficControl } from './traffic-control.ts'

/** An upstream whose model requests all pass one {@link TrafficControl}. */
export function withTraffic(upstream: ModelUpstream, control: TrafficControl): ModelUpstream {
  const handle = async (request: UpstreamRequest): Promise<UpstreamResponse> => {
    if (!isModelRequest(request)) return upstream.handle(request)
    const { signal, notify, origin, body } = request
    const model = modelOf(body)
    const inputTokens = estimatedInputTokens(body)
    const tenant = tenantOf(origin)
    const asking = { signal, tenant, model, inputTokens, ...(notify === undefined ? {} : { notify }) }
    const admission = await control.admit(asking).catch((cause: unknown) => {
      throw markNotSent(new PerdureError('cancelled', 'The request was given up while it waited.', { cause }))
    })
    if (admission === null) return closedForLong(model, control.closedForMs(model))
    return ask({ upstream, control, admission, request, model })
  }
  return decoratedUpstream(upstream, handle)
}

interface Asking {
  readonly upstream: ModelUpstream
  readonly control: TrafficControl
  readonly admission: Admission
  readonly request: UpstreamRequest
  readonly model: string
}

async function ask({ upstream, control, admission, request, model }: Asking): Promise<UpstreamResponse> {
  const usage = control.countsTokens ? usageReader() : undefined
  let hasEnded = false
  const end = (): void => {
    if (hasEnded) return
    hasEnded = true
    request.signal.removeEventListener('abort', end)
    admission.end(usage?.used())
  }
  // Also an answer that nobody reads any more gives its place back.
  request.signal.addEventListener('abort', end, { once: true })
  try {
    const answer = await upstream.handle(request)
    const isThrottled = answer.status === 429 || answer.status === 529
    const closeMs = (isThrottled ? retryAfterMs : usedUpForMs)(answer.headers, Date.now())
    if (closeMs !== undefined) control.close(model, closeMs)
    admission.note(isThrottled ? 'throttled' : answer.status < 500 ? 'served' : 'unknown')
    return { ...answer, body: followed(answer, { usage, end }) }
  } catch (error) {
    end()
    throw error
  }
}

async function* followed(
  answer: UpstreamResponse,
  { usage, end }: { usage: UsageReader | undefined; end: () => void },
): AsyncGenerator<Uint8Array, void> {
  const reads = usage?.of(answer)
  try {
    for await (const chunk of answer.body) {
      reads?.push(chunk)
      yield chunk
    }
    reads?.end()
  } finally {
    end()
  }
}

const tenantOf = (origin: RequestOrigin | undefined): string =>
  origin === undefined ? '' : JSON.stringify([origin.organizationId, origin.workspaceId])

function closedForLong(model: string, closedForMs: number): UpstreamResponse {
  const seconds = Math.ceil(closedForMs / 1_000)
  return apiErrorResponse({
    status: 429,
    message: `The model’s service wants no requests for ${model} during the next ${seconds} seconds.`,
    options: { headers: { 'retry-after': String(seconds) } },
  })
}
