import { expect, test } from 'vitest'
import type { SessionStreamEvent } from '../../domain/session-event.ts'
import { LiveView } from './live-view.ts'
import { createStyle } from './style.ts'

type Loose = Record<string, unknown> & { type: string }

/** All that a view writes for these events. */
function shown(...events: readonly Loose[]): string {
  const view = new LiveView({ style: createStyle({}, {}), columns: 80 })
  return events.map((event) => view.show(event as unknown as SessionStreamEvent)).join('') + view.breakLine()
}

const begin = (id: string, type = 'agent.message'): Loose => ({ type: 'event_start', event: { id, type } })
const delta = (id: string, text: string, more: object = {}): Loose => ({
  type: 'event_delta',
  event_id: id,
  delta: { type: 'content_delta', index: 0, content: { type: 'text', text } },
  ...more,
})
const message = (id: string, text: string, more: object = {}): Loose => ({
  type: 'agent.message',
  id,
  content: [{ type: 'text', text }],
  ...more,
})
const call = (id: string, command: string): Loose => ({ type: 'agent.tool_use', id, name: 'Bash', input: { command } })
const result = (id: string, text: string, is_error = false): Loose => ({
  type: 'agent.tool_result',
  tool_use_id: id,
  content: [{ type: 'text', text }],
  is_error,
})
const created: Loose = { type: 'session.thread_created', session_thread_id: 't1', agent_name: 'helper' }
const below = { session_thread_id: 't1' }

test('text that was streamed is not written again', () => {
  expect(shown(begin('a'), delta('a', 'one '), delta('a', 'two'), message('a', 'one two'))).toBe('one two\n')
})

test('what previews lost is filled in by the whole text', () => {
  expect(shown(delta('a', 'one '), message('a', 'one two three'))).toBe('one two three\n')
  expect(shown(delta('a', 'two'), message('a', 'one two'))).toBe('two\none two\n')
  expect(shown(message('a', 'never streamed'))).toBe('never streamed\n')
})

test('a thought that was announced comes before what is said after it', () => {
  const thought: Loose = { type: 'agent.thinking', id: 'x', perdure: { thinking: 'hm' } }
  const events = [
    begin('x', 'agent.thinking'),
    begin('a'),
    delta('a', 'so '),
    thought,
    delta('a', 'be it'),
    message('a', 'so be it'),
  ]
  expect(shown(...events)).toBe('hm\nso be it\n')
})

test('a thought that never comes holds nothing back', () => {
  expect(shown(begin('x', 'agent.thinking'), delta('a', 'hello'), message('a', 'hello'))).toBe('hello\n')
})

test('tools take a line each, with what they were asked and how the answer begins', () => {
  expect(shown(delta('a', 'now'), call('b', 'npm  test\n'), result('b', 'ok\nmore\nmost'))).toBe(
    'now\n● Bash npm test\n  └ Bash: ok (+ 2 lines)\n',
  )
  expect(shown(call('b', 'false'), result('b', '', true))).toBe('● Bash false\n  ✗ Bash: (no output)\n')
})

test('sub-agents speak under their name, in whole texts, and two of a name are told apart', () => {
  expect(shown(created, delta('m', 'hel', below), message('m', 'hello\nthere', below))).toBe(
    '    helper │ begins\n    helper │ hello\n    helper │ there\n',
  )
  const twin = { ...created, session_thread_id: 't2' }
  expect(shown(created, twin, message('m', 'hi', { session_thread_id: 't2' }))).toContain('    helper #2 │ hi\n')
})

test('retries and failures are told apart', () => {
  const error = (status: string): Loose => ({
    type: 'session.error',
    error: { message: 'overloaded.', retry_status: { type: status } },
  })
  expect(shown(error('retrying'), error('exhausted'))).toBe('↻ overloaded: trying again\n✗ overloaded.\n')
})

test('words of models and tools cannot steer the terminal', () => {
  expect(shown(message('a', 'a\u001B[2Jb\u001B]0;title\u0007c\rd'))).toBe('abcd\n')
  expect(shown(call('b', 'echo \u001B[31mred'))).toBe('● Bash echo red\n')
})
