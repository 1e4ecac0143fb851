import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createAnswerReader } from './answer-reader.ts'

const sse = { status: 200, headers: { 'content-type': 'text/event-stream; charset=utf-8' } }
const json = (status: number) => ({ status, headers: { 'content-type': 'application/json' } })

const start = { type: 'message_start', message: { id: 'msg_1', usage: { input_tokens: 9, output_tokens: 1 } } }
const delta = {
  type: 'content_block_delta',
  index: 0,
  delta: { type: 'text_delta', text: 'message_delta "usage" ü'.repeat(9) },
}
const end = { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 40 } }
const events: readonly object[] = [start, { type: 'ping' }, delta, delta, end, { type: 'message_stop' }]

function streamOf(named: boolean, lineEnd: string, some = events): Buffer {
  const frames = some.map((event) => {
    const name = named && 'type' in event ? `event: ${String(event.type)}${lineEnd}` : ''
    return `${name}data: ${JSON.stringify(event)}${lineEnd}${lineEnd}`
  })
  return Buffer.from(frames.join(''))
}

test('a stream tells the same in whatever pieces it comes, whether its events have names or not', () => {
  fc.assert(
    fc.property(
      fc.boolean(),
      fc.constantFrom('\n', '\r\n'),
      fc.array(fc.nat(1_000), { maxLength: 20 }),
      (named, lineEnd, cuts) => {
        const bytes = streamOf(named, lineEnd)
        const reader = createAnswerReader(sse)
        let from = 0
        for (const cut of [...cuts.toSorted((a, b) => a - b), bytes.length]) {
          reader.push(bytes.subarray(from, cut))
          from = Math.min(cut, bytes.length)
        }
        expect(reader.facts).toMatchObject({
          messageId: 'msg_1',
          start: { input_tokens: 9, output_tokens: 1 },
          last: { output_tokens: 40 },
          stopReason: 'end_turn',
          state: 'complete',
        })
        expect(reader.firstTokenAtMs).not.toBeNull()
      },
    ),
  )
})

test('an answer that is not over is estimated by the length of its text', () => {
  const reader = createAnswerReader(sse)
  reader.push(streamOf(true, '\n', [start]))
  expect(reader.facts).toMatchObject({ state: 'open', estimatedOutputTokens: 0 })
  expect(reader.firstTokenAtMs).toBeNull()
  reader.push(streamOf(true, '\n', [{ ...delta, delta: { type: 'text_delta', text: 'x'.repeat(4_000) } }]))
  expect(reader.facts.estimatedOutputTokens).toBeGreaterThanOrEqual(1_000)
  expect(reader.facts.estimatedOutputTokens).toBeLessThan(1_020)
})

test('an error is a refusal only where no message began', () => {
  const error = { type: 'error', error: { type: 'overloaded_error', message: 'x' } }
  const before = createAnswerReader(sse)
  before.push(streamOf(true, '\n', [error]))
  expect(before.facts.state).toBe('refused')
  const after = createAnswerReader(sse)
  after.push(streamOf(true, '\n', [start, error]))
  expect(after.facts.state).toBe('open')
})

test.each([
  [429, '{"type":"error","error":{"type":"rate_limit_error","message":"x"}}', 'refused'],
  [500, 'whatever', 'refused'],
  [504, '{"type":"error","error":{"type":"timeout_error","message":"x"}}', 'refused'],
  [504, '<html>', 'open'],
  [502, '', 'open'],
  [200, '{"type":"message","id":"m","usage":{"output_tokens":3}}', 'complete'],
  [200, '[]', 'open'],
])('an answer in one piece with status %d and body %s is %s', (status, body, state) => {
  const reader = createAnswerReader(json(status))
  reader.push(Buffer.from(body))
  reader.end()
  expect(reader.facts.state).toBe(state)
})
