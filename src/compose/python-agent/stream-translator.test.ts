import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SessionStreamEvent } from '../../domain/session-event.ts'
import type { StreamEvent } from './stream-event.ts'
import { StreamTranslator } from './stream-translator.ts'

const stamp = { processed_at: '2026-01-01T00:00:00Z', sequence: 1 }
const startOf = (id: string, type: 'agent.message' | 'agent.thinking' = 'agent.message'): SessionStreamEvent => ({
  type: 'event_start',
  event: { id, type },
})
const delta = (id: string, text: string): SessionStreamEvent => ({
  type: 'event_delta',
  event_id: id,
  delta: { type: 'content_delta', index: 0, content: { type: 'text', text } },
})
const message = (id: string, text: string): SessionStreamEvent => ({
  ...stamp,
  id,
  type: 'agent.message',
  content: [{ type: 'text', text }],
})
const thought = (id: string): SessionStreamEvent => ({
  ...stamp,
  id,
  type: 'agent.thinking',
  perdure: { thinking: 'hm', signature: 'sig' },
})

function translateAll(events: readonly SessionStreamEvent[]): StreamEvent[] {
  const translator = new StreamTranslator()
  return events.flatMap((event) => translator.translate(event))
}

const textsOf = (events: readonly StreamEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'text' ? [event.data.text] : []))

test('every character of a message is said once, however much of it was previewed', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1 }), fc.nat(), (pieces, cut) => {
      const shown = pieces.slice(0, cut % (pieces.length + 1))
      const events = [startOf('a'), ...shown.map((piece) => delta('a', piece)), message('a', pieces.join(''))]
      const texts = textsOf(translateAll(events))
      expect(texts.join('')).toBe(pieces.join(''))
      expect(texts.slice(0, shown.length)).toEqual(shown)
    }),
  )
})

test('thinking is said before the text that follows it, although the text streams earlier', () => {
  const events = [startOf('t', 'agent.thinking'), startOf('a'), delta('a', 'so'), thought('t'), delta('a', ' it is')]
  expect(translateAll([...events, message('a', 'so it is')])).toEqual([
    { type: 'thinking', data: { thinking: 'hm', signature: 'sig' } },
    { type: 'text', data: { text: 'so' } },
    { type: 'text', data: { text: ' it is' } },
  ])
})

test('text held back for thinking that never completes is said with its message', () => {
  const events = [startOf('t', 'agent.thinking'), startOf('a'), delta('a', 'so'), message('a', 'so be it')]
  expect(textsOf(translateAll(events))).toEqual(['so', ' be it'])
})

test('sub-agents are not heard', () => {
  const thread = { session_thread_id: 'sthr_1' }
  const events = [startOf('a'), delta('a', 'x'), message('a', 'x')].map((event) => ({ ...event, ...thread }))
  expect(translateAll(events)).toEqual([])
})

test('tools keep the ids and names that the model used', () => {
  const call = { ...stamp, id: 'sevt_1', input: { q: 1 }, perdure: { tool_use_id: 'toolu_1' } }
  const content = [
    { type: 'text' as const, text: 'one' },
    { type: 'text' as const, text: 'two' },
  ]
  expect(
    translateAll([
      { ...call, type: 'agent.mcp_tool_use', mcp_server_name: 'files', name: 'find' },
      {
        ...stamp,
        id: 'sevt_2',
        type: 'agent.mcp_tool_result',
        mcp_tool_use_id: 'sevt_1',
        content,
        is_error: true,
        perdure: { tool_use_id: 'toolu_1' },
      },
      { ...call, type: 'agent.tool_use', name: 'Bash' },
      { ...stamp, id: 'sevt_3', type: 'agent.tool_result', tool_use_id: 'sevt_1', content: [] },
    ]),
  ).toEqual([
    { type: 'tool_use', data: { id: 'toolu_1', name: 'mcp__files__find', input: { q: 1 } } },
    { type: 'tool_result', data: { tool_use_id: 'toolu_1', content: 'one\ntwo', is_error: true } },
    { type: 'tool_use', data: { id: 'toolu_1', name: 'Bash', input: { q: 1 } } },
    { type: 'tool_result', data: { tool_use_id: 'sevt_1', content: '', is_error: false } },
  ])
})
