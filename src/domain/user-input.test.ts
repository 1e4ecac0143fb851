import { describe, expect, test } from 'vitest'
import { newEventId } from './ids.ts'
import { textContent, userContentSchema, userInputSchema } from './user-input.ts'

const message = (...content: unknown[]): unknown => ({ type: 'user.message', content })
const image = (source: unknown): unknown => message({ type: 'image', source })
const document = (source: unknown, more: object = {}): unknown => message({ type: 'document', source, ...more })
const answer = (more: object): unknown => ({ type: 'user.tool_confirmation', tool_use_id: newEventId(), ...more })

describe('what may enter a session', () => {
  test.each([
    ['text', message({ type: 'text', text: 'hello' })],
    ['several blocks', message({ type: 'text', text: 'a' }, { type: 'text', text: 'b' })],
    ['a PNG', image({ type: 'base64', media_type: 'image/png', data: 'aGk=' })],
    ['a JPEG', image({ type: 'base64', media_type: 'image/jpeg', data: 'aGk=' })],
    ['a GIF', image({ type: 'base64', media_type: 'image/gif', data: 'aGk=' })],
    ['a WebP', image({ type: 'base64', media_type: 'image/webp', data: 'aGk=' })],
    ['an image by address', image({ type: 'url', url: 'https://example.com/a.png' })],
    ['a document', document({ type: 'base64', media_type: 'application/pdf', data: 'aGk=' })],
    ['a plain document', document({ type: 'text', media_type: 'text/plain', data: 'hi' })],
    [
      'a named document by address',
      document({ type: 'url', url: 'https://example.com' }, { title: 't', context: null }),
    ],
    ['an interrupt', { type: 'user.interrupt' }],
    ['an interrupt of a thread', { type: 'user.interrupt', session_thread_id: 'sthr_1' }],
    ['an approval', answer({ result: 'allow' })],
    ['an approval with an empty field', answer({ result: 'allow', deny_message: null })],
    ['a refusal', answer({ result: 'deny' })],
    ['a refusal with its reason', answer({ result: 'deny', deny_message: 'no' })],
  ])('%s, unchanged', (_what, input) => expect(userInputSchema.parse(input)).toEqual(input))

  test('a plain string as text', () =>
    expect(userContentSchema.parse(textContent('hi'))).toEqual([{ type: 'text', text: 'hi' }]))
})

describe('what may not', () => {
  const refusals: [string, unknown, string][] = [
    ['a message without a block', message(), 'content: a message needs at least one block'],
    ['an empty text', message({ type: 'text', text: '' }), 'content.0.text: a text block must not be empty'],
    [
      'a reason with an approval',
      answer({ result: 'allow', deny_message: 'x' }),
      'deny_message: deny_message goes with result "deny" only',
    ],
    [
      'an answer to no event',
      { ...(answer({ result: 'allow' }) as object), tool_use_id: 'toolu_1' },
      'tool_use_id: not an id of the form sevt_…',
    ],
  ]
  test.each(refusals)('%s, and it is told so', (_what, input, expected) => {
    const issues = userInputSchema
      .safeParse(input)
      .error?.issues.map(({ path, message: text }) => `${path.join('.')}: ${text}`)
    expect(issues).toEqual([expected])
  })

  test.each([
    ['another event', { type: 'agent.message', content: [{ type: 'text', text: 'x' }] }],
    ['a field that nobody knows', { ...(message({ type: 'text', text: 'x' }) as object), priority: 'now' }],
    ['a field of a block that nobody knows', message({ type: 'text', text: 'x', cache_control: {} })],
    ['an interrupt with a field too many', { type: 'user.interrupt', reason: 'x' }],
    [
      'an image with a field too many',
      message({ type: 'image', source: { type: 'url', url: 'https://a.b' }, alt: 'x' }),
    ],
    ['a source with a field too many', image({ type: 'url', url: 'https://a.b', data: 'x' })],
    ['another kind of image', image({ type: 'base64', media_type: 'image/tiff', data: 'aGk=' })],
    ['broken base64', image({ type: 'base64', media_type: 'image/png', data: '!' })],
    ['an address that is none', image({ type: 'url', url: 'nowhere' })],
    ['a text document of another type', document({ type: 'text', media_type: 'text/html', data: 'x' })],
    [
      'a document with a field too many',
      document({ type: 'text', media_type: 'text/plain', data: 'x' }, { name: 'x' }),
    ],
    ['a block of another type', message({ type: 'tool_result', content: 'x' })],
    ['another answer', answer({ result: 'maybe' })],
    ['an answer with a field too many', answer({ result: 'allow', input: {} })],
  ])('%s', (_what, input) => expect(userInputSchema.safeParse(input).success).toBe(false))
})
