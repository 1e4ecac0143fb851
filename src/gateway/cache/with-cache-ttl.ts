import type { CacheStrategy } from '../../domain/cache-strategy.ts'
import type { ModelUpstream, UpstreamRequest } from '../../ports/model-gateway.ts'
import { describeCall } from '../metering/describe-call.ts'
import { decoratedUpstream } from '../traffic/decorated-upstream.ts'
import { isModelRequest } from '../traffic/request-facts.ts'
import { setCacheTtl } from './cache-marks.ts'

/** Claude Code sends it with `1h`; without it the service has been seen to keep entries for five minutes, silently. */
const hourBeta = 'extended-cache-ttl-2025-04-11'

/**
 * An upstream that is asked with a cache ttl chosen by role. Claude Code 2.1.329 marks the end of the system prompt
 * (a sub-agent's twice) and the last message, without a ttl behind a base URL of one's own, and never a tool. How
 * many marks there are, at most four, and where, stays its choice. Requests beside the conversation stay as they are.
 */
export function withCacheTtl(
  upstream: ModelUpstream,
  { main, subAgents }: Pick<CacheStrategy, 'main' | 'subAgents'>,
): ModelUpstream {
  return decoratedUpstream(upstream, (request) => {
    const ttl = request.headers['x-claude-code-agent-id'] === undefined ? main : subAgents
    if (ttl === null || !isModelRequest(request) || !isMarked(request.body)) return upstream.handle(request)
    const { kind, model } = describeCall(request)
    // What names no model is no request, perhaps not even JSON: the service says so.
    if (kind === 'side' || model === '') return upstream.handle(request)
    const body = setCacheTtl(request.body, ttl)
    return upstream.handle({
      ...request,
      body,
      headers: ttl === '1h' ? withHourBeta(request.headers) : request.headers,
    })
  })
}

const isMarked = (body: Uint8Array): boolean =>
  Buffer.from(body.buffer, body.byteOffset, body.byteLength).includes('"cache_control"')

function withHourBeta(headers: UpstreamRequest['headers']): UpstreamRequest['headers'] {
  const betas = headers['anthropic-beta'] ?? ''
  if (betas.split(',').some((beta) => beta.trim() === hourBeta)) return headers
  return { ...headers, 'anthropic-beta': betas === '' ? hourBeta : `${betas},${hourBeta}` }
}
