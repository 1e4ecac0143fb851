import type { CacheTtl } from '../../domain/cache-strategy.ts'
import type { UpstreamRequest } from '../../ports/model-gateway.ts'
import { scanRequest } from '../budget/scan-request.ts'
import { spliceText } from '../wire/json-text.ts'
import { findCacheMarks } from './cache-marks.ts'

/**
 * The request that reads the entry of another one again, which renews the entry's life: the same in every byte, with
 * one token of an answer. The API's own way to warm a cache, `max_tokens: 0`, is refused for streamed answers, for
 * thinking with a budget and for structured output, and what it would have to leave out is part of the entry's key.
 * Null where one token is not possible either: thinking with a budget needs more than its budget.
 */
export function keepWarmPing({ signal: _signal, notify: _notify, ...request }: UpstreamRequest): Ping | null {
  const { maxTokens, thinkingBudget } = scanRequest(request.body)
  const ttl = shortestTtl(request.body)
  if (maxTokens === null || thinkingBudget !== null || ttl === null) return null
  const body = spliceText(request.body, [{ ...maxTokens, text: '1' }])
  return { ttl, request: { ...request, body, isKeepWarm: true } }
}

export interface Ping {
  /** How long the entry lives after each use. */
  readonly ttl: CacheTtl
  readonly request: Omit<UpstreamRequest, 'signal'>
}

function shortestTtl(body: Uint8Array): CacheTtl | null {
  const ttls = findCacheMarks(body).map(({ ttl }) => ttl)
  if (ttls.length === 0) return null
  return ttls.includes('5m') ? '5m' : '1h'
}
