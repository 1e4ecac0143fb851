import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { whyRefused } from './validate-request.ts'

const user = (content: unknown) => ({ role: 'user', content })
const assistant = (content: unknown) => ({ role: 'assistant', content })
const call = (id: string) => ({ type: 'tool_use', id, name: 'Bash', input: {} })
const result = (id: string) => ({ type: 'tool_result', tool_use_id: id, content: 'x' })
const text = (words: string) => ({ type: 'text', text: words })
const body = (changes: object) => ({ model: 'm', max_tokens: 4096, messages: [user('hi')], ...changes })
const messages = (...list: unknown[]) => whyRefused(body({ messages: list }))

describe('whyRefused: fields', () => {
  it.each([
    ['not json', undefined, 'not valid JSON'],
    ['no model', body({ model: undefined }), 'model: Field required'],
    ['empty model', body({ model: '' }), 'model: String should have at least 1 character'],
    ['no max_tokens', body({ max_tokens: undefined }), 'max_tokens: Field required'],
    ['zero max_tokens', body({ max_tokens: 0 }), 'max_tokens: Input should be greater than or equal to 1'],
    ['broken max_tokens', body({ max_tokens: 1.5 }), 'max_tokens: Input should be a valid integer'],
    ['no messages', body({ messages: undefined }), 'messages: Field required'],
    ['empty messages', body({ messages: [] }), 'at least one message is required'],
    ['two tools of a name', body({ tools: [{ name: 'a' }, { name: 'a' }] }), 'Tool names must be unique'],
    ['a tool with a dot', body({ tools: [{ name: 'a.b' }] }), "tools.0.custom.name: String should match pattern '^["],
    [
      'a tool of 129 letters',
      body({ tools: [{ name: 'a'.repeat(129) }] }),
      'tools.0.custom.name: String should have at most 128',
    ],
    ['a tool without a name', body({ tools: [{ input_schema: {} }] }), 'tools.0.custom.name: Field required'],
    ['small thinking', body({ thinking: { type: 'enabled', budget_tokens: 1023 } }), 'greater than or equal to 1024'],
    ['no thinking budget', body({ thinking: { type: 'enabled' } }), 'budget_tokens: Field required'],
    [
      'thinking = max_tokens',
      body({ thinking: { type: 'enabled', budget_tokens: 4096 } }),
      '`max_tokens` must be greater than',
    ],
  ])('%s', (_name, value, message) => {
    expect(whyRefused(value)).toContain(message)
  })

  it('accepts the limits', () => {
    expect(whyRefused(body({ max_tokens: 1 }))).toBeUndefined()
    expect(whyRefused(body({ thinking: { type: 'enabled', budget_tokens: 4095 } }))).toBeUndefined()
    expect(whyRefused(body({ thinking: { type: 'adaptive' } }))).toBeUndefined()
    expect(whyRefused(body({ tools: [{ name: 'a'.repeat(128) }, { type: 'web_search_20250305' }] }))).toBeUndefined()
  })
})

describe('whyRefused: messages', () => {
  it('wants a user first, known roles and content', () => {
    expect(messages(assistant('hi'))).toContain('first message must use the "user" role')
    expect(messages({ role: 'tool', content: 'x' })).toContain('messages.0.role')
    expect(messages({ role: 'user' })).toBe('messages.0.content: Field required')
    expect(messages(user(''))).toContain('messages.0: all messages must have non-empty content')
    expect(messages(user([]), assistant('a'))).toContain('messages.0: all messages')
    expect(messages(user([text('')]))).toBe('messages: text content blocks must be non-empty')
    expect(messages(user([text(' \n')]))).toBe('messages: text content blocks must contain non-whitespace text')
    expect(messages(user('hi'), assistant([call('a b')]), user([result('a b')]))).toContain('1.content.0.tool_use.id: ')
    expect(messages(user([{ type: 'song' }]))).toContain("messages.0.content.0: Input tag 'song'")
    expect(messages(user([{}]))).toBe('messages.0.content.0.type: Field required')
    expect(messages(user('a'), assistant([{ type: 'thinking', thinking: 'x' }]))).toContain(
      'thinking.signature: Field required',
    )
  })

  it('lets a final answer be empty, and `system` messages stand anywhere', () => {
    expect(messages(user('a'), assistant(''))).toBeUndefined()
    expect(messages({ role: 'system', content: 's' }, user('a'))).toBeUndefined()
    const between = { role: 'system', content: 's' }
    expect(messages(user('a'), assistant([call('1')]), between, user([result('1')]), between)).toBeUndefined()
  })

  it('merges consecutive messages of one role', () => {
    expect(
      messages(
        user('a'),
        user('b'),
        assistant([call('1')]),
        assistant([call('2')]),
        user([result('2')]),
        user([result('1')]),
      ),
    ).toBeUndefined()
  })

  it('wants every call answered in the next message, before anything else', () => {
    const open = 'messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: 2.'
    expect(messages(user('a'), assistant([call('1'), call('2')]), user([result('1')]))).toContain(open)
    expect(messages(user('a'), assistant([call('2')]), user('b'))).toContain(open)
    expect(messages(user('a'), assistant([call('2')]))).toContain(open)
    expect(messages(user('a'), assistant([call('2')]), user([text('b'), result('2')]))).toContain(open)
    expect(messages(user('a'), assistant([call('1')]), user([result('1'), text('b')]))).toBeUndefined()
  })

  it('wants every result to follow its call, once, and ids to be unique', () => {
    const unexpected = 'messages.0.content.1: unexpected `tool_use_id` found in `tool_result` blocks: 9.'
    expect(messages(user([text('a'), result('9')]))).toContain(unexpected)
    expect(messages(user('a'), assistant([call('1')]), user([result('1'), result('1')]))).toContain(
      'must have a single result',
    )
    expect(messages(user('a'), assistant([call('1'), call('1')]), user([result('1')]))).toContain('ids must be unique')
    expect(messages(user([call('1')]))).toContain('can only be in `assistant` messages')
    expect(messages(user('a'), assistant([result('1')]))).toContain('can only be in `user` messages')
  })
})

describe('whyRefused: any conversation', () => {
  const rounds = fc.array(fc.record({ calls: fc.nat(3), words: fc.boolean() }), { minLength: 1, maxLength: 6 })
  const conversation = (plan: readonly { calls: number; words: boolean }[]) => [
    user('start'),
    ...plan.flatMap(({ calls, words }, round) => {
      const ids = Array.from({ length: calls }, (_, index) => `toolu_${round}_${index}`)
      const said = [text('on it'), ...ids.map(call)]
      return [assistant(said), user(calls === 0 ? 'next' : [...ids.map(result), ...(words ? [text('and')] : [])])]
    }),
  ]

  it('passes when calls and results face each other', () => {
    fc.assert(
      fc.property(rounds, (plan) => {
        expect(messages(...conversation(plan))).toBeUndefined()
      }),
    )
  })

  it('is refused as soon as one call or one result is taken out', () => {
    const withCalls = rounds.filter((plan) => plan.some(({ calls }) => calls > 0))
    fc.assert(
      fc.property(withCalls, fc.constantFrom('tool_use', 'tool_result'), fc.nat(), (plan, type, pick) => {
        const list = conversation(plan)
        const places = list.flatMap(({ content }, index) =>
          Array.isArray(content) ? content.flatMap((block, at) => (block.type === type ? [{ index, at }] : [])) : [],
        )
        const { index, at } = places[pick % places.length]!
        const content = (list[index]!.content as object[]).toSpliced(at, 1)
        const changed = list.with(index, { ...list[index]!, content: content.length > 0 ? content : [text('gone')] })
        expect(messages(...changed)).toMatch(/tool_use|tool_result/)
      }),
    )
  })
})
