import { expect, test } from 'vitest'
import type { RecordedToolCall } from '../../../ports/tool-record.ts'
import { withRecordedResults } from './with-recorded-results.ts'

const recordedCall: RecordedToolCall = {
  agentId: null,
  toolUseId: 'toolu_1',
  name: 'Bash',
  input: {},
  content: [{ type: 'text', text: '4711' }],
  isError: false,
  durationMs: 3,
}

const record = {
  findToolCall: (toolUseId: string) => (toolUseId === 'toolu_1' ? recordedCall : undefined),
  toolCalls: () => [recordedCall],
}

const bodyAfter = (body: string): string => Buffer.from(withRecordedResults(Buffer.from(body), record)).toString()

test('a refused call has its recorded result, one that worked and one that is not recorded keep theirs', () => {
  const result = (id: string, isError: boolean) => ({
    type: 'tool_result',
    tool_use_id: id,
    content: 'live',
    is_error: isError,
  })
  const content = [result('toolu_1', true), result('toolu_2', true), { type: 'text', text: 'so?' }]
  const body = bodyAfter(JSON.stringify({ model: 'm', messages: [{ role: 'user', content }] }))
  const recorded = { ...result('toolu_1', false), content: recordedCall.content }
  expect(JSON.parse(body)).toEqual({
    model: 'm',
    messages: [{ role: 'user', content: [recorded, ...content.slice(1)] }],
  })

  const worked = JSON.stringify({ messages: [{ role: 'user', content: [result('toolu_1', false)] }] })
  expect(JSON.parse(bodyAfter(worked))).toEqual(JSON.parse(worked))
})

test('what is no conversation passes as it is', () => {
  expect(bodyAfter('{"model": "m"}')).toBe('{"model": "m"}')
  expect(bodyAfter('not JSON')).toBe('not JSON')
  expect(bodyAfter('')).toBe('')
})
