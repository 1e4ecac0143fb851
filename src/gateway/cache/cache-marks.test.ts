import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CacheTtl } from '../../domain/cache-strategy.ts'
import { findCacheMarks, setCacheTtl } from './cache-marks.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (body: Uint8Array): string => new TextDecoder().decode(body)

const ttl = fc.constantFrom<CacheTtl>('5m', '1h')
const mark = fc.oneof(
  fc.constant({ type: 'ephemeral' }),
  ttl.map((value) => ({ type: 'ephemeral', ttl: value })),
  ttl.map((value) => ({ ttl: value, type: 'ephemeral', scope: 'global' })),
)
/** What must not be taken for a mark, and what misleads those who read JSON without care. */
const noise = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('"cache_control":{"type":"ephemeral"}', '\\"ttl\\":', '}]{', 'ü"ttl":"5m"', ''),
)
const marked = <Value extends object>(value: fc.Arbitrary<Value>) =>
  fc.tuple(value, fc.option(mark, { nil: undefined })).map(([block, cache_control]) => ({ ...block, cache_control }))
const data = fc.record({ cache_control: mark, deep: fc.record({ cache_control: mark }), text: noise })
const textBlock = marked(fc.record({ type: fc.constant('text'), text: noise }))
const block = fc.oneof(
  textBlock,
  marked(fc.record({ type: fc.constant('tool_use'), input: data })),
  marked(fc.record({ type: fc.constant('tool_result'), content: fc.oneof(noise, fc.array(textBlock)) })),
)
const request = marked(
  fc.record({
    model: noise,
    tools: fc.array(marked(fc.record({ name: noise, input_schema: data }))),
    system: fc.oneof(noise, fc.array(textBlock)),
    messages: fc.array(fc.record({ role: noise, content: fc.oneof(noise, fc.array(block)) })),
    metadata: data,
  }),
)

type Marked = { cache_control?: { type: string; ttl?: string } | undefined; content?: unknown }
const list = (value: unknown): Marked[] => (Array.isArray(value) ? (value as Marked[]) : [])

/** The marks of a request in the API's order, found in its parsed form. */
function marksOf(body: Marked & { tools: Marked[]; system: unknown; messages: Marked[] }) {
  const blocks = body.messages.flatMap((message) => list(message.content))
  return [
    body,
    ...body.tools,
    ...list(body.system),
    ...blocks,
    ...blocks.flatMap(({ content }) => list(content)),
  ].flatMap(({ cache_control }) => (cache_control === undefined ? [] : [cache_control]))
}

describe('the ttl of a request', () => {
  test('is set in every mark, and nothing else is changed', () => {
    fc.assert(
      fc.property(request, ttl, fc.constantFrom(undefined, 1, '\t'), (drawn, wanted, space) => {
        const written = JSON.stringify(drawn, null, space)
        const expected = structuredClone(JSON.parse(written) as typeof drawn)
        for (const found of marksOf(expected) as { ttl?: string }[]) {
          if ((found.ttl ?? '5m') !== wanted) found.ttl = wanted
        }
        const changed = setCacheTtl(bytes(written), wanted)
        expect(JSON.parse(text(changed))).toEqual(expected)
        expect(findCacheMarks(changed).map((found) => found.ttl)).toEqual(marksOf(expected).map(() => wanted))
        // What is set already is left alone, byte by byte.
        expect(setCacheTtl(changed, wanted)).toBe(changed)
      }),
      { numRuns: 500 },
    )
  })

  test('costs no byte beside the marks: numbers too long for JavaScript, escapes and spaces stay', () => {
    const before = String.raw`{"system":[ {"text":"\u00e9\ud800" , "cache_control": {"type":"ephemeral" } }],"messages":[{"content":[{"input":{"id":12345678901234567890,"x":1.0}}]}] }`
    expect(text(setCacheTtl(bytes(before), '1h'))).toBe(
      before.replace('{"type":"ephemeral" }', '{"type":"ephemeral" ,"ttl":"1h"}'),
    )
  })

  test('replaces one that is null or of another length', () => {
    const of = (value: string) => `{"cache_control":{"ttl":${value},"type":"ephemeral"},"messages":[]}`
    expect(text(setCacheTtl(bytes(of('null')), '1h'))).toBe(of('"1h"'))
    expect(text(setCacheTtl(bytes(of('"1h"')), '5m'))).toBe(of('"5m"'))
    expect(text(setCacheTtl(bytes(of('"5m"')), '5m'))).toBe(of('"5m"'))
  })
})
