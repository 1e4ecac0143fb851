import { expect, test } from 'vitest'
import { noCallUsage, type CallUsage } from '../../domain/call-usage.ts'
import type { WireUsage } from '../../ports/model-observation.ts'
import { callUsageOf } from './usage-of-wire.ts'

const start: WireUsage = { input_tokens: 10, output_tokens: 1, cache_read_input_tokens: 100 }
const written = { cache_creation_input_tokens: 50 }

const reports: Record<string, [first: WireUsage | null, last: WireUsage | null, usage: Partial<CallUsage>]> = {
  'no report': [null, null, {}],
  'the start alone': [start, null, { inputTokens: 10, outputTokens: 1, cacheReadInputTokens: 100 }],
  'the last report, which is cumulative': [
    start,
    { output_tokens: 20, input_tokens: 30 },
    { inputTokens: 30, outputTokens: 20, cacheReadInputTokens: 100 },
  ],
  'a last report that lost the input': [
    start,
    { output_tokens: 0, input_tokens: 0, cache_read_input_tokens: 0 },
    { inputTokens: 10, outputTokens: 0, cacheReadInputTokens: 100 },
  ],
  'a whole answer': [null, { input_tokens: 3, output_tokens: 4 }, { inputTokens: 3, outputTokens: 4 }],
  'cache writes without a breakdown': [written, null, { cacheWrite5mInputTokens: 50 }],
  'a breakdown at the start, and more writes later': [
    { ...written, cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 40 } },
    { cache_creation_input_tokens: 60 },
    { cacheWrite5mInputTokens: 20, cacheWrite1hInputTokens: 40 },
  ],
  'a breakdown that says more than the sum': [
    { cache_creation_input_tokens: 0, cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 5 } },
    null,
    { cacheWrite5mInputTokens: 10, cacheWrite1hInputTokens: 5 },
  ],
  'what is priced beside tokens': [
    { speed: 'fast', inference_geo: 'us' },
    { server_tool_use: { web_search_requests: 2, web_fetch_requests: 9 } },
    { webSearchRequests: 2, speed: 'fast', inferenceGeo: 'us' },
  ],
  'other places and speeds': [{ speed: 'brisk', inference_geo: 'global' }, null, {}],
  'compactions by the service': [
    start,
    { output_tokens: 20, compactions: [{ input_tokens: 1_000, output_tokens: 200, ...written }] },
    { inputTokens: 1_010, outputTokens: 220, cacheReadInputTokens: 100, cacheWrite5mInputTokens: 50 },
  ],
  'numbers that are no counts': [
    {
      input_tokens: 1.5,
      output_tokens: -3,
      cache_read_input_tokens: Infinity,
      cache_creation_input_tokens: Number.NaN,
    },
    null,
    { inputTokens: 2, cacheReadInputTokens: 2 ** 31 },
  ],
}

test.each(Object.entries(reports))('%s', (_case, [first, last, usage]) =>
  expect(callUsageOf(first, last)).toEqual({ ...noCallUsage, ...usage }),
)
