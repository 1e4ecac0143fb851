import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import {
  createConsoleStreamHandler,
  createLineBufferedHandler,
  parseStreamEvent,
  type StreamEvent,
} from './streaming.ts'

const events: StreamEvent[] = [
  { type: 'start', data: { prompt: 'go' } },
  { type: 'thinking', data: { thinking: 'x'.repeat(200) } },
  { type: 'text', data: { text: 'Hel' } },
  { type: 'text', data: { text: 'lo' } },
  { type: 'tool_use', data: { id: 'toolu_1', name: 'Bash', input: { command: 'true' } } },
  { type: 'tool_result', data: { tool_use_id: 'toolu_1', content: 'no', is_error: true } },
  { type: 'error', data: { error: 'overloaded', message: 'busy' } },
  { type: 'result', data: { result: 'Hello', duration_ms: 1500, cost: 0.25 } },
  { type: 'complete', data: { status: 'success', result: 'Hello' } },
]

test.each(events)('a line of $type is its event', (event) => {
  expect(parseStreamEvent(` ${JSON.stringify(event)}\n`)).toEqual(event)
})

test.each([
  '',
  'text',
  '1',
  'null',
  '{}',
  '{"type":"text"}',
  '{"type":"text","data":null}',
  '{"type":"new","data":{}}',
])('no event: %s', (line) => expect(parseStreamEvent(line)).toBeNull())

test('the console shows each event once and calls its callback; other output passes as it is', () => {
  const written: string[] = []
  const heard: unknown[][] = []
  const hear =
    (name: string) =>
    (...values: unknown[]): void =>
      void heard.push([name, ...values])
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0)
  try {
    const handler = createConsoleStreamHandler({
      onThinking: hear('thinking'),
      onText: hear('text'),
      onToolResult: hear('tool_result'),
      onResult: hear('result'),
    })
    for (const event of events) handler(JSON.stringify(event))
    handler('Traceback\n')
  } finally {
    write.mockRestore()
  }
  expect(heard).toEqual([
    ['thinking', 'x'.repeat(200), ''],
    ['text', 'Hel'],
    ['text', 'lo'],
    ['tool_result', 'toolu_1', 'no', true],
    ['result', 'Hello', 1500, 0.25],
  ])
  expect(written.join('')).toBe(
    `Agent started.\n\n[thinking] ${'x'.repeat(100)}…\nHello\n[Bash] {"command":"true"}\n[failed] no\n\n[error] busy\n` +
      '\nDone in 1.50 s for $0.2500.\nAgent finished: success\nTraceback\n',
  )
})

test('every line arrives once and whole, however the stream is cut', () => {
  const line = fc.oneof(
    fc.constantFrom(...events).map((event) => JSON.stringify(event)),
    fc.stringMatching(/^[a-z][a-z{} ]*$/),
  )
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat({ max: 30 })), fc.boolean(), (lines, cuts, endsWithNewline) => {
      const stream = lines.join('\n') + (endsWithNewline ? '\n' : '')
      const seen: string[] = []
      const take = createLineBufferedHandler((text) => seen.push(text))
      let from = 0
      for (const length of cuts) take(stream.slice(from, (from += length)))
      take(stream.slice(from))
      take.flush()
      expect(seen.map((text) => text.trim())).toEqual(lines.map((text) => text.trim()))
    }),
  )
})
