import { expect, test } from 'vitest'
import { parseUserMessage } from './user-message.ts'

test.each([
  ['hello', 'soon'],
  [{ content: 'hello', priority: 'soon' }, 'next'],
  [[{ type: 'text', text: 'hello' }], null],
])('%j with the priority %j: one that does not exist is refused, however it is given', (message, priority) => {
  expect(() => parseUserMessage(message, priority)).toThrow(
    expect.objectContaining({ code: 'invalid_request', message: 'A priority is one of now, next, later.' }),
  )
})

test('a message’s own priority comes before that of the call', () => {
  expect(parseUserMessage({ content: 'hello', priority: 'now' }, 'later')).toMatchObject({ priority: 'now' })
  expect(parseUserMessage('hello')).toMatchObject({ priority: 'next' })
})
