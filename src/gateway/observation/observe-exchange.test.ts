import * as fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { ModelObservation } from '../../ports/model-observation.ts'
import { observeExchange } from './observe-exchange.ts'

const requestBody = Buffer.from(
  JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'hi' }] }),
)

const events = [
  {
    type: 'message_start',
    message: {
      id: 'msg_1',
      model: 'm',
      usage: {
        input_tokens: 3,
        output_tokens: 1,
        cache_creation: { ephemeral_5m_input_tokens: 2 },
        service_tier: 'standard',
        inference_geo: 'us',
      },
    },
  },
  { type: 'ping' },
  { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'hm' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'c2ln' } },
  { type: 'content_block_stop', index: 0 },
  {
    type: 'content_block_start',
    index: 1,
    content_block: { type: 'tool_use', id: 'toolu_1', name: 'Bash', input: {} },
  },
  { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '{"a"' } },
  { type: 'content_block_stop', index: 1 },
  {
    type: 'message_delta',
    delta: { stop_reason: 'tool_use' },
    usage: {
      output_tokens: 20,
      server_tool_use: { web_search_requests: 1 },
      iterations: [
        { type: 'compaction', input_tokens: 900, output_tokens: 80, cache_creation: null },
        { type: 'message', output_tokens: 20 },
      ],
    },
  },
  { type: 'message_stop' },
]
const wire = (list: readonly object[]): Buffer =>
  Buffer.from(list.map((event) => `event: x\ndata: ${JSON.stringify(event)}\n\n`).join(''))

function start(headers: Record<string, string> = {}) {
  const seen: ModelObservation[] = []
  const watch = observeExchange({ request: 4, headers, body: requestBody }, (observation) => seen.push(observation))
  const bare = () => seen.map(({ atMs: _at, request: _request, ...rest }) => rest)
  return { seen, watch, bare }
}

afterEach(() => vi.restoreAllMocks())

describe('observeExchange', () => {
  it('reports a streamed answer in the order of the wire', () => {
    const { seen, watch, bare } = start({ 'x-claude-code-agent-id': 'a1', 'x-claude-code-parent-agent-id': 'a0' })
    watch.response(200, 'req_1')
    watch.streamChunk(wire(events))
    expect(seen.every(({ request, atMs }) => request === 4 && atMs > 0)).toBe(true)
    expect(bare()).toEqual([
      {
        type: 'request',
        thread: 'a1',
        parentThread: 'a0',
        kind: 'turn',
        model: 'm',
        streamed: true,
        toolResultIds: [],
        tailText: 'hi',
      },
      { type: 'response', status: 200, requestId: 'req_1' },
      {
        type: 'message_start',
        messageId: 'msg_1',
        model: 'm',
        usage: {
          input_tokens: 3,
          output_tokens: 1,
          cache_creation: { ephemeral_5m_input_tokens: 2 },
          inference_geo: 'us',
        },
      },
      { type: 'block_start', index: 0, blockType: 'thinking', text: '' },
      { type: 'block_delta', index: 0, deltaType: 'thinking_delta', text: 'hm' },
      { type: 'block_delta', index: 0, deltaType: 'signature_delta', text: '' },
      { type: 'block_stop', index: 0 },
      { type: 'block_start', index: 1, blockType: 'tool_use', toolUseId: 'toolu_1', toolName: 'Bash', text: '' },
      { type: 'block_delta', index: 1, deltaType: 'input_json_delta', text: '{"a"' },
      { type: 'block_stop', index: 1 },
      {
        type: 'usage',
        usage: {
          output_tokens: 20,
          server_tool_use: { web_search_requests: 1 },
          compactions: [{ input_tokens: 900, output_tokens: 80 }],
        },
        stopReason: 'tool_use',
      },
      { type: 'end', how: 'complete' },
    ])
  })

  it('ends once, as the events say, wherever the stream breaks off', () => {
    const bytes = wire(events)
    fc.assert(
      fc.property(fc.nat(bytes.length), fc.constantFrom('endOfStream', 'cut', 'abort'), (cut, ending) => {
        const { seen, watch } = start()
        watch.response(200, 'req_1')
        watch.streamChunk(bytes.subarray(0, cut))
        if (ending === 'endOfStream') watch.endOfStream()
        else watch.end({ how: ending === 'cut' ? 'upstream_cut' : 'client_abort' })
        watch.end({ how: 'client_abort' })
        watch.streamChunk(bytes.subarray(cut))
        const ends = seen.filter((observation) => observation.type === 'end')
        expect(ends).toHaveLength(1)
        expect(seen.at(-1)?.type).toBe('end')
        if (cut === bytes.length) expect(ends[0]!.how).toBe('complete')
        if (cut < bytes.length && ending === 'abort') expect(ends[0]!.how).toBe('client_abort')
      }),
    )
  })

  it('takes a stream that ends after its stop reason for whole, and before it for cut', () => {
    for (const [count, how] of [
      [10, 'complete'],
      [9, 'upstream_cut'],
    ] as const) {
      const { watch, bare } = start()
      watch.streamChunk(wire(events.slice(0, count)))
      watch.endOfStream()
      expect(bare().at(-1)).toEqual({ type: 'end', how })
    }
  })

  it('reports an error event and an error answer with type and message', () => {
    const error = { type: 'overloaded_error', message: 'Overloaded' }
    const streamed = start()
    streamed.watch.streamChunk(wire([events[0]!, { type: 'error', error }]))
    expect(streamed.bare().at(-1)).toEqual({ type: 'end', how: 'stream_error', error })
    const whole = start()
    whole.watch.wholeAnswer(529, Buffer.from(JSON.stringify({ type: 'error', error })))
    expect(whole.bare().at(-1)).toEqual({ type: 'end', how: 'http_error', error })
    const unreadable = start()
    unreadable.watch.wholeAnswer(502, Buffer.from('<html>'))
    expect(unreadable.bare().at(-1)).toEqual({ type: 'end', how: 'http_error' })
  })

  it('reports an answer in one piece as a message, and something else as no answer', () => {
    const { watch, bare } = start()
    const content = [
      { type: 'text', text: 'hello' },
      { type: 'tool_use', id: 'toolu_1', name: 'Bash', input: { a: 1 } },
    ]
    const message = {
      type: 'message',
      id: 'msg_1',
      model: 'm',
      content,
      usage: { input_tokens: 3 },
      stop_reason: 'tool_use',
    }
    watch.wholeAnswer(200, Buffer.from(JSON.stringify(message)))
    expect(bare().slice(1)).toEqual([
      {
        type: 'message',
        messageId: 'msg_1',
        model: 'm',
        blocks: [
          { blockType: 'text', text: 'hello' },
          { blockType: 'tool_use', toolUseId: 'toolu_1', toolName: 'Bash', text: '{"a":1}' },
        ],
        usage: { input_tokens: 3 },
        stopReason: 'tool_use',
      },
      { type: 'end', how: 'complete' },
    ])
    const other = start()
    other.watch.wholeAnswer(200, Buffer.from('<html>'))
    expect(other.bare().at(-1)).toMatchObject({ type: 'end', how: 'upstream_cut' })
  })

  it('survives an observer that throws', () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    observeExchange({ request: 1, headers: {}, body: requestBody }, () => {
      throw new Error('observer broke')
    }).end({ how: 'complete' })
    expect(warned).toHaveBeenCalledTimes(2)
  })
})
