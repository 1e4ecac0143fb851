import Anthropic, { BadRequestError } from '@anthropic-ai/sdk'
import * as fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import type { Script, ScriptReply, ScriptRule } from '../../src/gateway/upstreams/script/script.ts'
import { startScriptedMessagesApi, type ScriptedMessagesApi } from '../../src/testing/index.ts'

const apis: ScriptedMessagesApi[] = []
afterEach(async () => {
  for (const api of apis.splice(0)) await api.close()
})

async function start(script: Script | readonly ScriptRule[]) {
  const api = await startScriptedMessagesApi(script)
  apis.push(api)
  return { api, client: new Anthropic({ baseURL: api.url, apiKey: 'any', maxRetries: 0 }) }
}

const hello = { model: 'claude-opus-5-5', max_tokens: 100, messages: [{ role: 'user' as const, content: 'hi' }] }
const failureOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(() => undefined).catch((error: unknown) => error)

describe('an answer', () => {
  const words = fc.string({ unit: 'grapheme', maxLength: 30 })
  const call = fc.record({
    name: fc.constantFrom('Bash', 'Read'),
    input: fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue()),
  })
  const someReply = fc.record({ thinking: words, text: words, tools: fc.array(call, { minLength: 1, maxLength: 3 }) })

  it('is the same streamed and in one piece, whatever it says', async () => {
    let reply: ScriptReply = { text: '' }
    const { client } = await start([{ reply: () => reply }])
    await fc.assert(
      fc.asyncProperty(someReply, async (some) => {
        reply = { ...some, tools: some.tools.map((tool, index) => ({ ...tool, id: `toolu_${index}` })) }
        const whole = await client.messages.create(hello)
        const streamed = await client.messages.stream(hello).finalMessage()
        expect(streamed.content).toEqual(whole.content)
        expect([streamed.stop_reason, streamed.usage]).toEqual([whole.stop_reason, whole.usage])
      }),
      { numRuns: 40 },
    )
  })

  it('says what the reply sets: content, model, stop reason, usage', async () => {
    const content = [
      { type: 'text', text: 'a' },
      { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'x' } },
    ]
    const reply = { content, model: 'claude-other', stopReason: 'max_tokens', usage: { output_tokens: 77 } }
    const { client } = await start([{ reply }])
    for (const message of [await client.messages.create(hello), await client.messages.stream(hello).finalMessage()]) {
      expect(message).toMatchObject({
        model: 'claude-other',
        stop_reason: 'max_tokens',
        usage: { output_tokens: 77 },
        content,
      })
    }
  })

  it('can be late and slow', async () => {
    const { client } = await start([{ reply: { text: 'one two three', delayMs: 60, chunkDelayMs: 20 } }])
    const began = performance.now()
    await client.messages.stream(hello).finalMessage()
    // Eight events of at least 20 ms after 60 ms; timers may fire a millisecond early.
    expect(performance.now() - began).toBeGreaterThan(200)
  })

  it('may hold a tool call’s JSON as broken as it was written', async () => {
    const { client } = await start([{ reply: { tool: { name: 'Bash', rawInput: '{"command": "ls' } } }])
    const events = await client.messages.create({ ...hello, stream: true })
    let json = ''
    for await (const event of events) {
      if (event.type === 'content_block_delta' && event.delta.type === 'input_json_delta')
        json += event.delta.partial_json
    }
    expect(json).toBe('{"command": "ls')
  })
})

describe('a fault', () => {
  it('of a stream breaks it where it was told to', async () => {
    const faults: readonly ScriptReply[] = [
      { cutAfterEvents: 3 },
      { errorEventAfter: 3 },
      { errorEventAfter: { events: 3, type: 'api_error', message: 'odd' } },
    ]
    for (const fault of faults) {
      const { client } = await start([{ reply: { text: 'one two three', ...fault } }])
      const stream = client.messages.stream(hello)
      const texts: string[] = []
      stream.on('text', (text) => texts.push(text))
      expect(await failureOf(stream.done())).toBeInstanceOf(Error)
      expect(texts.join('')).toBe('one ')
    }
  })

  it('may come after the last event', async () => {
    const { client } = await start([{ reply: { text: 'one', endEarlyAfterEvents: 99 } }])
    expect((await client.messages.stream(hello).finalMessage()).stop_reason).toBe('end_turn')
  })

  it('becomes the nearest one of an answer in one piece', async () => {
    const expected: readonly (readonly [ScriptReply, object])[] = [
      [{ errorEventAfter: 1 }, { status: 529 }],
      [{ errorEventAfter: { events: 1, type: 'api_error', message: 'odd' } }, { status: 500 }],
      [{ cutAfterEvents: 1 }, { message: expect.any(String) as string }],
      [{ endEarlyAfterEvents: 1 }, { message: expect.any(String) as string }],
    ]
    for (const [fault, error] of expected) {
      const { client } = await start([{ reply: { text: 'one', ...fault } }])
      expect(await failureOf(client.messages.create(hello))).toMatchObject(error)
    }
    const { client } = await start([{ reply: { text: 'one', stallAfterEvents: 1 } }])
    expect(await failureOf(client.messages.create(hello, { signal: AbortSignal.timeout(200) }))).toBeInstanceOf(Error)
  })
})

describe('a request that cannot be answered', () => {
  it('is refused with what it was', async () => {
    const { client, api } = await start([{ when: { turn: 9 }, reply: 'x' }])
    const failure = await failureOf(client.messages.create(hello))
    expect(failure).toBeInstanceOf(BadRequestError)
    expect(failure).toMatchObject({
      apiMessage: expect.stringContaining(
        '(main thread; turn 1; request 1; last user text "hi"; tool results: none)',
      ) as string,
    })
    expect((failure as BadRequestError).headers?.get('x-should-retry')).toBe('false')
    expect(api.requests).toMatchObject([{ path: '/v1/messages', status: 400, body: { model: 'claude-opus-5-5' } }])
  })

  it('is refused when the script’s function fails', async () => {
    const { client } = await start([
      {
        reply() {
          throw new Error('odd words')
        },
      },
    ])
    expect(await failureOf(client.messages.create(hello))).toMatchObject({
      status: 400,
      message: expect.stringContaining('The script failed: odd words') as string,
    })
  })

  it('is refused as the real API refuses it', async () => {
    const { client } = await start([{ reply: 'x' }])
    const content = [{ type: 'tool_use' as const, id: 'toolu_1', name: 'Bash', input: {} }]
    const messages = [
      ...hello.messages,
      { role: 'assistant' as const, content },
      { role: 'user' as const, content: 'and?' },
    ]
    expect(await failureOf(client.messages.create({ ...hello, messages }))).toMatchObject({
      status: 400,
      error: {
        type: 'error',
        error: {
          type: 'invalid_request_error',
          message: expect.stringContaining('immediately after: toolu_1') as string,
        },
      },
    })
  })

  it('is not found when the API has it and a script has not', async () => {
    const { client } = await start([{ reply: 'x' }])
    expect(await failureOf(client.models.retrieve('claude-opus-5-5'))).toMatchObject({ status: 404 })
  })
})
