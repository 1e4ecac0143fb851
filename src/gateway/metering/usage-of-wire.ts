import type { CallUsage } from '../../domain/call-usage.ts'
import type { WireTokens, WireUsage } from '../../ports/model-observation.ts'

/**
 * What a call used, from what its answer reported: at its start (`message_start`) and last (`message_delta`,
 * or the whole answer). Counts are cumulative: those of the last report take the place of the first ones, and
 * of the input, which is known at the start, a lower number is not believed. Cache writes that no breakdown
 * names last five minutes. Compactions by the service are part of the call.
 */
export function callUsageOf(start: WireUsage | null, last: WireUsage | null): CallUsage {
  const usage: WireUsage = { ...start, ...last }
  const whole = {
    ...usage,
    input_tokens: larger(start?.input_tokens, last?.input_tokens),
    cache_creation_input_tokens: larger(start?.cache_creation_input_tokens, last?.cache_creation_input_tokens),
    cache_read_input_tokens: larger(start?.cache_read_input_tokens, last?.cache_read_input_tokens),
  }
  const tokens = [whole, ...(usage.compactions ?? [])].map(tokensOf)
  const sum = (kind: keyof TokensOfOne): number => tokens.reduce((total, one) => total + one[kind], 0)
  return {
    inputTokens: sum('inputTokens'),
    outputTokens: sum('outputTokens'),
    cacheReadInputTokens: sum('cacheReadInputTokens'),
    cacheWrite5mInputTokens: sum('cacheWrite5mInputTokens'),
    cacheWrite1hInputTokens: sum('cacheWrite1hInputTokens'),
    webSearchRequests: countOf(usage.server_tool_use?.web_search_requests),
    speed: usage.speed === 'fast' ? 'fast' : 'standard',
    inferenceGeo: usage.inference_geo === 'us' ? 'us' : null,
  }
}

type TokensOfOne = Omit<CallUsage, 'webSearchRequests' | 'speed' | 'inferenceGeo'>

function tokensOf(tokens: WireTokens): TokensOfOne {
  const written = countOf(tokens.cache_creation_input_tokens)
  const written1h = countOf(tokens.cache_creation?.ephemeral_1h_input_tokens)
  const written5m = countOf(tokens.cache_creation?.ephemeral_5m_input_tokens)
  return {
    inputTokens: countOf(tokens.input_tokens),
    outputTokens: countOf(tokens.output_tokens),
    cacheReadInputTokens: countOf(tokens.cache_read_input_tokens),
    cacheWrite5mInputTokens: Math.max(written5m, written - written1h),
    cacheWrite1hInputTokens: written1h,
  }
}

const larger = (a = 0, b = 0): number => Math.max(a, b)

/** No count of tokens, but a number so large that no budget bears it. */
const countless = 2 ** 31

/** A whole number of tokens, whatever a foreign upstream reports. */
function countOf(value: number | undefined): number {
  if (value === undefined || !(value > 0)) return 0
  return Math.min(Math.ceil(value), countless)
}
