import fc from 'fast-check'
import { expect, test } from 'vitest'
import { clampRequest, fewestOutputTokens } from './clamp-request.ts'
import { scanRequest } from './scan-request.ts'

type Json = Readonly<Record<string, unknown>>

const clamp = (text: string, maxTokens: number): string => {
  const bytes = Buffer.from(text)
  const body = JSON.parse(text) as Json
  return Buffer.from(clampRequest(bytes, { body, scan: scanRequest(bytes), maxTokens })).toString()
}

/** Names and texts that look like what is searched for, escaped and not. */
const texts = fc.oneof(
  fc.constantFrom('max_tokens', '"max_tokens": 5', 'thinking', 'budget_tokens', '\\', '\\"', 'ü€𝄞', '{', ']'),
  fc.string({ unit: 'grapheme' }),
)
const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    texts,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(texts, tie('value'), { maxKeys: 3 }),
  ),
})).value

const requests = fc.record({
  before: fc.dictionary(texts, values, { maxKeys: 4 }),
  after: fc.dictionary(texts, values, { maxKeys: 4 }),
  maxTokens: fc.integer({ min: 1, max: 128_000 }),
  budget: fc.option(fc.integer({ min: 1_024, max: 127_000 })),
  space: fc.constantFrom(undefined, 1, '\t'),
})

test('only the two numbers change, whatever stands around them', () => {
  fc.assert(
    fc.property(requests, fc.integer({ min: 1, max: 128_000 }), (request, wish) => {
      const { before, after, maxTokens, budget, space } = request
      const own = new Set(['max_tokens', 'thinking'])
      const others = (rest: Json): Json => Object.fromEntries(Object.entries(rest).filter(([name]) => !own.has(name)))
      const thinking =
        budget === null ? { type: 'adaptive' } : { type: 'enabled', budget_tokens: budget, max_tokens: 3 }
      const body: Json = { ...others(before), max_tokens: maxTokens, thinking, ...others(after) }
      const fewest = fewestOutputTokens(body)
      const room = Math.max(Math.min(wish, maxTokens), fewest)
      const text = JSON.stringify(body, undefined, space)
      const expected: Record<string, unknown> = { ...body, max_tokens: room }
      if (budget !== null && budget > Math.max(1_024, room - 256)) {
        expected['thinking'] = { ...thinking, budget_tokens: Math.max(1_024, room - 256) }
      }
      expect(clamp(text, room)).toBe(JSON.stringify(expected, undefined, space))
    }),
  )
})

test('a clamped request is valid: thinking has its smallest budget at least, and leaves room for an answer', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1_025, max: 64_000 }),
      fc.integer({ min: 1_024, max: 64_000 }),
      fc.nat(64_000),
      (asked, wish, room) => {
        const budget = Math.min(wish, asked - 1)
        const body = { max_tokens: asked, thinking: { type: 'enabled', budget_tokens: budget } }
        const clamped = JSON.parse(
          clamp(JSON.stringify(body), Math.max(room % asked, fewestOutputTokens(body))),
        ) as typeof body
        expect(clamped.thinking.budget_tokens).toBeGreaterThanOrEqual(1_024)
        expect(clamped.thinking.budget_tokens).toBeLessThan(clamped.max_tokens)
        expect(clamped.max_tokens).toBeLessThanOrEqual(asked)
      },
    ),
  )
})

test('no byte but those of the numbers is touched, not even one that is no character', () => {
  const head = Buffer.from('{"a":"\\u00e9')
  const tail = Buffer.from('", "max_tokens" : 32e3 ,"b":1.50}')
  const bytes = Buffer.concat([head, Buffer.from([0xff, 0xc3]), tail])
  const body = JSON.parse(bytes.toString('utf8')) as Json
  const clamped = Buffer.from(clampRequest(bytes, { body, scan: scanRequest(bytes), maxTokens: 700 }))
  const changed = Buffer.from('", "max_tokens" : 700 ,"b":1.50}')
  expect(clamped.equals(Buffer.concat([head, Buffer.from([0xff, 0xc3]), changed]))).toBe(true)
})

test.each([
  ['{"max_tokens":1,"max_tokens":2}', true],
  ['{"messages":[{"a":1,"\\u0061":2}]}', true],
  ['{"a":{"b":1},"b":{"b":1},"c":[{"b":1},{"b":1},"b","b"]}', false],
])('a name that stands twice in one object is seen: %s', (text, repeatsName) => {
  expect(scanRequest(Buffer.from(text)).repeatsName).toBe(repeatsName)
})
