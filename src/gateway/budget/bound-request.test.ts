import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { boundRequest } from './bound-request.ts'
import { createKnownPrompts } from './known-prompts.ts'
import { textTokens } from './token-bounds.ts'

type Json = Readonly<Record<string, unknown>>

const base = { model: 'claude-haiku-4-5', max_tokens: 1_000, messages: [{ role: 'user', content: 'hello' }] }

const boundOf = (body: Json, known = createKnownPrompts(), headers: Readonly<Record<string, string>> = {}) =>
  boundRequest({ body, headers, known })
const promptOf = (body: Json, known = createKnownPrompts()): number => boundOf(body, known).bounds.promptTokens

describe('bytes', () => {
  const content = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 200 }).map((text) => ({ type: 'text', text })),
    fc.string({ unit: 'grapheme' }).map((text) => ({ type: 'thinking', thinking: text, signature: 'c2ln' })),
    fc.dictionary(fc.string(), fc.string()).map((input) => ({ type: 'tool_use', id: 'toolu_1', name: 'Read', input })),
    fc.string({ unit: 'grapheme' }).map((text) => ({
      type: 'tool_result',
      tool_use_id: 'toolu_1',
      content: [{ type: 'text', text }],
    })),
  )
  const messages = fc.array(
    fc.record({ role: fc.constantFrom('user', 'assistant'), content: fc.array(content, { maxLength: 4 }) }),
    { maxLength: 6 },
  )

  test('every text that the model reads is bounded by its bytes, and every addition adds', () => {
    fc.assert(
      fc.property(messages, content, fc.string({ unit: 'grapheme' }), (conversation, more, system) => {
        const body = {
          ...base,
          system,
          tools: [{ name: 'Read', input_schema: { type: 'object' } }],
          messages: conversation,
        }
        const bytes = Buffer.byteLength(textsOf([system, conversation]).join(''))
        expect(promptOf(body)).toBeGreaterThanOrEqual(bytes)
        const longer = { ...body, messages: [...conversation, { role: 'user', content: [more] }] }
        const moreBytes = Buffer.byteLength(textsOf([more]).join(''))
        expect(promptOf(longer)).toBeGreaterThanOrEqual(promptOf(body) + moreBytes)
      }),
    )
  })

  test('a character with a long form counts as that', () => {
    expect(textTokens('\ufdfa')).toBe(33)
    expect(textTokens('abc')).toBe(3)
    expect(textTokens('€')).toBe(3)
  })

  test('no prompt is longer than the context window', () => {
    const long = { ...base, messages: [{ role: 'user', content: 'x'.repeat(300_000) }] }
    expect(promptOf(long)).toBe(200_000)
    expect(promptOf({ ...long, model: 'claude-opus-5-5' })).toBeGreaterThan(300_000)
    const sonnet = { ...long, model: 'claude-sonnet-4-5-20250929' }
    expect(promptOf(sonnet)).toBe(200_000)
    const asksForMore = { 'anthropic-beta': 'a,context-1m-2025-08-07' }
    expect(boundOf(sonnet, undefined, asksForMore).bounds.promptTokens).toBeGreaterThan(300_000)
  })

  test('no answer is longer than the context window, whatever is asked for', () => {
    expect(boundOf({ ...base, max_tokens: 9e15 }).bounds.outputTokens).toBe(200_000)
    expect(boundOf(base).bounds.outputTokens).toBe(1_000)
  })
})

/** All strings of a value, as far as a model reads them. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(textsOf)
  if (value === null || typeof value !== 'object') return []
  const { type: _type, role: _role, ...rest } = value as Json
  return Object.values(rest).flatMap(textsOf)
}

describe('other content', () => {
  const withBlock = (block: Json) => ({ ...base, messages: [{ role: 'user', content: [block] }] })

  test('an image counts what the largest counts, however many bytes it has', () => {
    const image = (bytes: number) =>
      withBlock({ type: 'image', source: { type: 'base64', data: randomBytes(bytes).toString('base64') } })
    expect(promptOf(image(10))).toBe(promptOf(image(1_000_000)))
    expect(promptOf(image(10)) - promptOf({ ...base, messages: [] })).toBeGreaterThanOrEqual(4_784)
    const inResult = withBlock({ type: 'tool_result', tool_use_id: 't', content: [{ type: 'image', source: {} }] })
    expect(promptOf(inResult)).toBeGreaterThan(promptOf(image(10)))
  })

  test.each([
    ['a PDF', { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' } }],
    ['a document elsewhere', { type: 'document', source: { type: 'url', url: 'https://example.com/a.pdf' } }],
    ['a file of the service', { type: 'container_upload', file_id: 'file_1' }],
    ['a block of another time', { type: 'hologram', id: 'x' }],
  ])('%s is bounded by the context window', (_what, block) => {
    expect(promptOf(withBlock(block))).toBe(200_000)
  })

  test('a plain text document counts as text', () => {
    const text = withBlock({
      type: 'document',
      source: { type: 'text', media_type: 'text/plain', data: 'x'.repeat(5_000) },
    })
    expect(promptOf(text)).toBeGreaterThan(5_000)
    expect(promptOf(text)).toBeLessThan(6_000)
  })
})

describe('tools of the service', () => {
  test('a web search reads the context window once more for each use, and costs its searches', () => {
    const { bounds, unbounded, prompt } = boundOf({
      ...base,
      tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 3 }],
    })
    expect(bounds).toMatchObject({ promptTokens: 800_000, webSearchRequests: 3, outputTokens: 1_000 })
    expect(unbounded).toBeNull()
    expect(prompt).toBeNull()
  })

  test.each([
    ['a search without an end', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }, 'web_search'],
    ['code execution', { tools: [{ type: 'code_execution_20250825', name: 'code' }] }, 'code_execution_20250825'],
    ['a tool of another time', { tools: [{ type: 'oracle_20300101', name: 'oracle' }] }, 'oracle'],
    ['servers of the service', { mcp_servers: [{ type: 'url', url: 'https://example.com' }] }, 'mcp_servers'],
    ['a container', { container: 'container_1' }, 'container'],
    ['compaction', { context_management: { edits: [{ type: 'compact_20260112' }] } }, 'compaction'],
  ])('%s has no bound, and says so', (_what, more, name) => {
    expect(boundOf({ ...base, ...more }).unbounded).toContain(name)
  })

  test('tools that the client runs are bounded', () => {
    const tools = [
      { type: 'bash_20250124', name: 'bash' },
      { name: 'Read', input_schema: {} },
      { type: 'custom', name: 'x' },
    ]
    const thinking = { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] }
    expect(boundOf({ ...base, tools, context_management: thinking }).unbounded).toBeNull()
  })
})

describe('what the service counted', () => {
  const question = { role: 'user', content: [{ type: 'text', text: 'q'.repeat(9_000) }] }
  const answer = { role: 'assistant', content: [{ type: 'text', text: 'a'.repeat(100) }] }
  const next = { role: 'user', content: [{ type: 'text', text: 'n'.repeat(50), cache_control: { type: 'ephemeral' } }] }
  const first = { ...base, system: 'be brief', messages: [question] }

  function knownAfterFirst() {
    const known = createKnownPrompts()
    known.remember(boundOf(first, known).prompt!, 2_000)
    return known
  }

  test('bounds the same beginning; only what is new counts by its bytes', () => {
    const known = knownAfterFirst()
    expect(promptOf(first, known)).toBeLessThan(2_100)
    const second = promptOf({ ...first, messages: [question, answer, next] }, known)
    expect(second).toBeGreaterThanOrEqual(2_150)
    expect(second).toBeLessThan(2_300)
  })

  test('marks for the cache may move, text may not', () => {
    const known = knownAfterFirst()
    const [block] = question.content
    const marked = { ...question, content: [{ ...block, cache_control: { type: 'ephemeral', ttl: '1h' } }] }
    expect(promptOf({ ...first, messages: [marked, answer] }, known)).toBeLessThan(2_300)
    const other = { ...question, content: [{ type: 'text', text: `x${'q'.repeat(8_999)}` }] }
    expect(promptOf({ ...first, messages: [other, answer] }, known)).toBeGreaterThan(9_000)
  })

  test('a changed system prompt or a new tool counts by its bytes', () => {
    const known = knownAfterFirst()
    const tools = [{ name: 'New', description: 'd'.repeat(3_000) }]
    expect(promptOf({ ...first, tools }, known)).toBeGreaterThan(5_000)
    expect(promptOf({ ...first, system: 's'.repeat(3_000) }, known)).toBeGreaterThan(5_000)
  })

  test('the first tool brings words of the service along', () => {
    expect(promptOf({ ...first, tools: [{ name: 'New' }] }, knownAfterFirst())).toBeGreaterThan(2_000 + 813)
  })

  test('of a prompt that the service had shortened only its continuations are known', () => {
    const edits = [{ type: 'clear_tool_uses_20250919', trigger: { type: 'input_tokens', value: 5_000 } }]
    const long = { ...first, messages: [question, answer, next], context_management: { edits } }
    const known = createKnownPrompts()
    known.remember(boundOf(long).prompt!, 500)
    expect(promptOf({ ...long, messages: [...long.messages, answer] }, known)).toBeLessThan(800)
    expect(promptOf({ ...long, messages: [question, answer] }, known)).toBeGreaterThan(9_000)
    expect(promptOf({ ...long, system: '' }, known)).toBeGreaterThan(9_000)
  })

  test('another model, thinking or beta knows nothing of it', () => {
    const known = knownAfterFirst()
    expect(promptOf({ ...first, model: 'claude-sonnet-5' }, known)).toBeGreaterThan(9_000)
    expect(promptOf({ ...first, thinking: { type: 'adaptive' } }, known)).toBeGreaterThan(9_000)
    expect(boundOf(first, known, { 'anthropic-beta': 'x' }).bounds.promptTokens).toBeGreaterThan(9_000)
    expect(promptOf({ ...first, max_tokens: 5, metadata: { user_id: 'u' } }, known)).toBeLessThan(2_100)
  })

  test('thoughts that may count again when the end is another one are counted', () => {
    const known = createKnownPrompts()
    const thought = { role: 'assistant', content: [{ type: 'thinking', thinking: 't'.repeat(4_000), signature: 's' }] }
    known.remember(boundOf({ ...first, messages: [question, thought, next] }).prompt!, 2_500)
    expect(promptOf({ ...first, messages: [question, thought, next, answer] }, known)).toBeLessThan(2_800)
    expect(promptOf({ ...first, messages: [question, thought, answer] }, known)).toBeGreaterThan(6_500)
  })
})

describe('what else decides the price', () => {
  test.each([
    [{}, 'none'],
    [{ system: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }] }, '5m'],
    [{ cache_control: { type: 'ephemeral', ttl: '1h' } }, '1h'],
    [
      {
        system: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral', ttl: '1h' } }],
        tools: [{ name: 'x', cache_control: { type: 'ephemeral' } }],
      },
      '1h',
    ],
  ])('the dearest write to the cache: %j', (more, cacheWrite) => {
    expect(boundOf({ ...base, ...more }).bounds.cacheWrite).toBe(cacheWrite)
  })

  test('speed and place', () => {
    const newer = { ...base, model: 'claude-opus-5-5' }
    expect(boundOf(newer).bounds).toMatchObject({ speed: 'standard', mayRunInUsOnly: true })
    expect(boundOf({ ...newer, speed: 'fast', inference_geo: 'global' }).bounds).toMatchObject({
      speed: 'fast',
      mayRunInUsOnly: false,
    })
    expect(boundOf(base).bounds.mayRunInUsOnly).toBe(false)
  })
})
