import { expect, test } from 'vitest'
import type { SessionStreamEvent } from '../../domain/session-event.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import { createApprovalDesk, type Decision } from './approval-desk.ts'
import { readAnswer } from './read-answer.ts'

const call = (id: string): SessionStreamEvent => ({
  type: 'agent.tool_use',
  id,
  name: 'Bash',
  input: { command: id },
  processed_at: '',
  sequence: 1,
})
const waits = (...ids: string[]): SessionStreamEvent =>
  ({
    type: 'session.status_idle',
    id: 'i',
    stop_reason: { type: 'requires_action', event_ids: ids },
  }) as SessionStreamEvent

function desk(decisions: Record<string, Decision>) {
  const heard: string[] = []
  const see = createApprovalDesk({
    ask: async ({ id }) => (heard.push(`ask ${id}`), decisions[id]!),
    approve: async (id) => void heard.push(`approve ${id}`),
    deny: async (id, reason) => void heard.push(`deny ${id}: ${reason}`),
  })
  return { see, heard }
}

test('every call that waits is decided once, however often it is announced', async () => {
  const { see, heard } = desk({ a: null, b: { denyReason: 'no' } })
  for (const event of [call('a'), call('b'), waits('a'), waits('a', 'b'), waits('b')]) await see(event)
  expect(heard).toEqual(['ask a', 'approve a', 'ask b', 'deny b: no'])
})

test('a question that was withdrawn meanwhile is no error; other errors are', async () => {
  const fail = (code: 'invalid_request' | 'storage_failed') => {
    const see = createApprovalDesk({
      ask: async () => null,
      approve: () => Promise.reject(new PerdureError(code, 'x')),
      deny: async () => {},
    })
    return see(call('a')).then(() => see(waits('a')))
  }
  await expect(fail('invalid_request')).resolves.toBeUndefined()
  await expect(fail('storage_failed')).rejects.toMatchObject({ code: 'storage_failed' })
})

test.each([
  ['y', null],
  [' YES ', null],
  ['n', { denyReason: 'The user refused this call.' }],
  ['', { denyReason: 'The user refused this call.' }],
  ['yesterday, rather', { denyReason: 'yesterday, rather' }],
])('the answer %j', (answer, decision) => {
  expect(readAnswer(answer)).toEqual(decision)
})
