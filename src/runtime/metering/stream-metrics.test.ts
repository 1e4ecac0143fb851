import { expect, test } from 'vitest'
import type { ModelObservation } from '../../ports/model-observation.ts'
import { StreamMetrics, type ModelMetrics } from './stream-metrics.ts'

function watch(costOfRequest: (requestId: string) => bigint | null = () => null) {
  const seen: ModelMetrics[] = []
  let nowMs = 1_000
  const clock = { now: () => new Date(nowMs), monotonicMs: () => nowMs }
  const metrics = new StreamMetrics({ clock, onMetrics: (look) => seen.push(look), costOfRequest })
  return {
    seen,
    at: (ms: number, ...observations: object[]) => {
      nowMs = 1_000 + ms
      for (const one of observations) metrics.observe({ request: 1, atMs: nowMs, ...one } as ModelObservation)
    },
  }
}

const request = { type: 'request', thread: null, parentThread: null, kind: 'turn', model: 'asked', streamed: true }
const start = {
  type: 'message_start',
  messageId: 'msg',
  model: 'answered',
  usage: { input_tokens: 7, output_tokens: 1 },
}
const delta = (text: string) => ({ type: 'block_delta', index: 0, deltaType: 'text_delta', text })

test('tells the first token, the stream at most four times a second, and the end', () => {
  const { seen, at } = watch((requestId) => (requestId === 'req_1' ? 2_000_000n : null))
  at(0, request)
  at(100, { type: 'response', status: 200, requestId: 'req_1' }, start)
  at(200, delta('abcd'))
  at(300, delta('efgh'))
  at(500, delta('i'))
  at(1_200, { type: 'usage', usage: { output_tokens: 50 }, stopReason: 'end_turn' }, { type: 'end', how: 'complete' })
  expect(seen.map(({ phase }) => phase)).toEqual(['first_token', 'streaming', 'ended'])
  expect(seen[0]).toMatchObject({ model: 'answered', firstTokenMs: 200, outputTokens: 1, tokensPerSecond: null })
  expect(seen[1]).toMatchObject({ outputTokens: 3, tokensPerSecond: 10, costUsd: null })
  expect(seen[2]).toMatchObject({ outputTokens: 50, tokensPerSecond: 50, durationMs: 1_200, costUsd: 0.002 })
})

test('an answer in one piece has its first token with its end, and a failed one has none', () => {
  const { seen, at } = watch()
  at(0, request)
  at(300, { type: 'message', messageId: 'm', model: 'a', blocks: [{ text: 'abcde' }], usage: { output_tokens: 2 } })
  at(300, { type: 'end', how: 'complete' })
  at(400, { ...request, request: 2 }, { type: 'end', request: 2, how: 'http_error' })
  expect(seen.map(({ phase, firstTokenMs }) => [phase, firstTokenMs])).toEqual([
    ['first_token', 300],
    ['ended', 300],
    ['ended', null],
  ])
  expect(seen[1]?.tokensPerSecond).toBeNull()
})
