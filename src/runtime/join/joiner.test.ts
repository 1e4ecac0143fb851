import { describe, expect, it } from 'vitest'
import { newEventId, newThreadId, type ThreadId } from '../../domain/ids.ts'
import type { AgentReport, ContentBlockReport, ToolResultReport } from '../../ports/agent-report.ts'
import type { ModelObservation } from '../../ports/model-observation.ts'
import type { JoinOutput } from './join-output.ts'
import { Joiner, type JoinerOptions } from './joiner.ts'

type Seen<Type> = Omit<Extract<ModelObservation, { type: Type }>, 'type' | 'request' | 'atMs'>

function setUp(options: Partial<JoinerOptions> = {}) {
  const outputs: JoinOutput[] = []
  const clock = { nowMs: 0, monotonicMs: () => clock.nowMs, now: () => new Date(Date.UTC(2026, 0, 1) + clock.nowMs) }
  const mainThreadId = newThreadId()
  const joiner = new Joiner({
    clock,
    newEventId,
    mainThreadId,
    hasGateway: true,
    emit: (output) => outputs.push(output),
    ...options,
  })
  const see = <Type extends ModelObservation['type']>(type: Type, seen: Seen<Type>, request = 1): void =>
    joiner.observe({ type, request, atMs: clock.nowMs, ...seen } as unknown as ModelObservation)
  const request = (facts: Partial<Seen<'request'>> = {}, number = 1): void => {
    const usual = { thread: null, parentThread: null, kind: 'turn', model: 'm', streamed: true } as const
    see('request', { ...usual, toolResultIds: [], tailText: '', ...facts }, number)
    see('response', { status: 200, requestId: `req_${number}` }, number)
    see('message_start', { messageId: `msg_${number}`, model: 'm-2', usage: { input_tokens: 7 } }, number)
  }
  const wireBlock = (block: Partial<Seen<'block_start'>>, number = 1): void => {
    see('block_start', { index: 0, blockType: 'text', text: '', ...block }, number)
    see('block_stop', { index: block.index ?? 0 }, number)
  }
  const tick = (atMs: number): void => {
    clock.nowMs = atMs
    joiner.tick()
  }
  const events = () => outputs.flatMap((output) => (output.kind === 'event' ? [output.event] : []))
  const types = () => outputs.map((output) => (output.kind === 'report' ? output.report.type : output.event.type))
  return { joiner, clock, mainThreadId, outputs, see, request, wireBlock, tick, events, types }
}

const said = (block: ContentBlockReport['block'], facts: Partial<ContentBlockReport> = {}): AgentReport => ({
  type: 'content_block',
  thread: null,
  uuid: 'uuid-1',
  messageId: 'msg_1',
  requestId: 'req_1',
  aborted: false,
  block,
  ...facts,
})

const idOf = (event: unknown): string => (event as { id: string }).id

const call = (id: string, name = 'Bash') => ({ type: 'tool_use', id, name, input: { a: 1 } }) as const

const result = (toolUseId: string, facts: Partial<ToolResultReport> = {}): AgentReport => ({
  type: 'tool_result',
  thread: null,
  uuid: 'uuid-2',
  toolUseId,
  content: [{ type: 'text', text: 'ok' }],
  isError: false,
  ...facts,
})

const started = {
  type: 'thread_started',
  parentThread: null,
  toolUseId: 't1',
  agentName: 'worker',
  background: false,
} as const

describe('one answer', () => {
  it('is a span, its previews, its final under the same id, and what the wire knows', () => {
    const { joiner, clock, outputs, see, request, types } = setUp()
    request()
    clock.nowMs = 40
    see('block_start', { index: 0, blockType: 'text', text: '' })
    see('block_delta', { index: 0, deltaType: 'text_delta', text: '\n' })
    see('block_delta', { index: 0, deltaType: 'text_delta', text: 'Hello' })
    see('block_stop', { index: 0 })
    see('usage', { usage: { output_tokens: 5, speed: 'fast' }, stopReason: 'end_turn' })
    clock.nowMs = 90
    see('end', { how: 'complete' })
    joiner.report(said({ type: 'text', text: '\nHello' }))
    expect(types()).toEqual([
      'span.model_request_start',
      'event_start',
      'event_delta',
      'agent.message',
      'span.model_request_end',
    ])
    const [start, preview, delta, message, end] = outputs.map((output) => 'event' in output && output.event)
    const id = idOf(message)
    expect(preview).toEqual({ type: 'event_start', event: { type: 'agent.message', id } })
    expect(delta).toEqual({
      type: 'event_delta',
      event_id: id,
      delta: { type: 'content_delta', index: 0, content: { type: 'text', text: '\nHello' } },
    })
    expect(message).toEqual({
      type: 'agent.message',
      id,
      processed_at: '2026-01-01T00:00:00.090Z',
      content: [{ type: 'text', text: '\nHello' }],
      perdure: { sdk_uuid: 'uuid-1', message_id: 'msg_1', request_id: 'req_1' },
    })
    expect(end).toMatchObject({
      model_request_start_id: idOf(start),
      is_error: false,
      model_usage: {
        input_tokens: 7,
        output_tokens: 5,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
        speed: 'fast',
      },
      perdure: {
        request_kind: 'turn',
        model: 'm-2',
        message_id: 'msg_1',
        request_id: 'req_1',
        http_status: 200,
        ended: 'complete',
        first_token_ms: 40,
        duration_ms: 90,
        stop_reason: 'end_turn',
      },
    })
  })

  it('that the agent was faster with waits for the wire', () => {
    const { joiner, request, see, wireBlock, types } = setUp()
    joiner.report(said({ type: 'text', text: '' }))
    expect(types()).toEqual([])
    request()
    wireBlock({ blockType: 'text' })
    see('end', { how: 'complete' })
    expect(types()).toEqual(['span.model_request_start', 'agent.message', 'span.model_request_end'])
  })

  it('that the wire never shows is logged alone after the time limit, and says so', () => {
    const { joiner, tick, events } = setUp()
    joiner.report(said({ type: 'text', text: 'alone' }))
    expect(joiner.nextDeadlineMs()).toBe(2000)
    tick(1999)
    expect(events()).toEqual([])
    tick(2000)
    expect(events()).toMatchObject([{ type: 'agent.message', perdure: { unjoined: true } }])
    expect(joiner.nextDeadlineMs()).toBeUndefined()
  })

  it('that was not streamed has no previews', () => {
    const { joiner, see, request, types } = setUp()
    request({ streamed: false })
    see('message', {
      messageId: 'msg_1',
      model: 'm',
      blocks: [{ blockType: 'text', text: 'all' }],
      usage: {},
      stopReason: 'end_turn',
    })
    see('end', { how: 'complete' })
    joiner.report(said({ type: 'text', text: 'all' }))
    expect(types()).toEqual(['span.model_request_start', 'agent.message', 'span.model_request_end'])
  })
})

describe('the block that a report means', () => {
  const ids = (events: readonly { type: string; id: string }[], type: string): string[] =>
    events.filter((event) => event.type === type).map(({ id }) => id)

  it('is the one with its words, not the first of its kind', () => {
    const { joiner, outputs, request, wireBlock, events } = setUp()
    request()
    wireBlock({ index: 0, blockType: 'thinking', text: 'one' })
    wireBlock({ index: 1, blockType: 'thinking', text: 'two' })
    joiner.report(said({ type: 'thinking', thinking: 'two', signature: '' }))
    const previews = outputs.flatMap((output) => (output.kind === 'preview' ? [output.event] : []))
    expect(previews[1]).toMatchObject({ event: { id: ids(events(), 'agent.thinking')[0] } })
  })

  it('is found by the message id where the agent names no request, in the newest span', () => {
    const { joiner, see, request, wireBlock, events } = setUp()
    const answer = (number: number): void => {
      request({}, number)
      see('message_start', { messageId: 'msg_same', model: 'm', usage: {} }, number)
      wireBlock({ text: 'again' }, number)
      see('end', { how: 'complete' }, number)
      joiner.report(
        said({ type: 'text', text: 'again' }, { requestId: null, messageId: 'msg_same', uuid: `u${number}` }),
      )
    }
    answer(1)
    answer(2)
    const order = ['span.model_request_start', 'agent.message', 'span.model_request_end']
    expect(events().map(({ type }) => type)).toEqual([...order, ...order])
  })

  it('is not in a request of the same id that gave another message', () => {
    const { joiner, request, wireBlock, tick, events } = setUp()
    request()
    wireBlock({ text: 'mine' })
    joiner.report(said({ type: 'text', text: 'mine' }, { messageId: 'msg_other' }))
    tick(2000)
    expect(events().at(-1)).toMatchObject({ type: 'agent.message', perdure: { unjoined: true } })
  })
})

describe('a word about a broken request', () => {
  it('that comes late does not close the request after it', () => {
    const { joiner, see, request, wireBlock, types } = setUp()
    request()
    wireBlock({ blockType: 'tool_use', toolUseId: 't1' })
    joiner.report(said(call('t1')))
    see('end', { how: 'upstream_cut' })
    joiner.report(result('t1'))
    request({ toolResultIds: ['t1'] }, 2)
    wireBlock({ text: 'cut' }, 2)
    see('end', { how: 'client_abort' }, 2)
    const error = { code: 'connection_failed', message: 'lost', retryable: true, hint: '' } as const
    joiner.report({ type: 'model_error', thread: null, uuid: 'u', requestId: null, error })
    joiner.report(said({ type: 'text', text: 'cut' }, { messageId: 'msg_2', requestId: 'req_2', aborted: true }))
    joiner.report({ type: 'interruption', thread: null, uuid: 'u2' })
    expect(types().slice(-4)).toEqual(['event_delta', 'session.error', 'agent.message', 'span.model_request_end'])
  })

  it('need not come: after the time limit the span closes by itself', () => {
    const { see, request, tick, types } = setUp()
    request()
    see('end', { how: 'client_abort' })
    tick(1999)
    expect(types()).toEqual(['span.model_request_start'])
    tick(2000)
    expect(types()).toEqual(['span.model_request_start', 'span.model_request_end'])
  })
})

describe('tools', () => {
  it('of MCP servers have their own types, and results name the event of their call', () => {
    const { joiner, request, wireBlock, events } = setUp()
    request()
    wireBlock({ index: 0, blockType: 'tool_use', toolUseId: 't1' })
    wireBlock({ index: 1, blockType: 'tool_use', toolUseId: 't2' })
    expect(joiner.toolUseEventId('t1')).toBeUndefined()
    joiner.report(said(call('t1')))
    joiner.report(said(call('t2', 'mcp__files__read_all')))
    joiner.report(result('t2', { isError: true }))
    joiner.report(result('t1', { output: { stdout: 'ok' } }))
    const [, first, second, third, fourth] = events()
    expect(first).toMatchObject({
      type: 'agent.tool_use',
      name: 'Bash',
      input: { a: 1 },
      perdure: { tool_use_id: 't1' },
    })
    expect(second).toMatchObject({ type: 'agent.mcp_tool_use', mcp_server_name: 'files', name: 'read_all' })
    expect(third).toMatchObject({ type: 'agent.mcp_tool_result', mcp_tool_use_id: second?.id, is_error: true })
    expect(fourth).toMatchObject({
      type: 'agent.tool_result',
      tool_use_id: first?.id,
      perdure: { output: { stdout: 'ok' } },
    })
    expect(joiner.toolUseEventId('t1')).toBe(first?.id)
  })

  it('answered twice have one result', () => {
    const { joiner, request, wireBlock, events } = setUp()
    request()
    wireBlock({ blockType: 'tool_use', toolUseId: 't1' })
    joiner.report(said(call('t1')))
    joiner.report(result('t1'))
    joiner.report(result('t1'))
    expect(events().filter(({ type }) => type === 'agent.tool_result')).toHaveLength(1)
  })

  it('hold the next span back until their results are logged', () => {
    const { joiner, see, request, wireBlock, types, tick } = setUp()
    request()
    wireBlock({ blockType: 'tool_use', toolUseId: 't1' })
    see('end', { how: 'complete' })
    joiner.report(said(call('t1')))
    request({ toolResultIds: ['t1', 'of another run'] }, 2)
    expect(types().at(-1)).toBe('span.model_request_end')
    joiner.report(result('t1'))
    expect(types().slice(-2)).toEqual(['agent.tool_result', 'span.model_request_start'])
    tick(10_000)
    expect(joiner.nextDeadlineMs()).toBeUndefined()
  })

  it('called by an earlier run are known by its log', () => {
    const eventId = newEventId()
    const { joiner, request, events } = setUp({ known: { toolCalls: new Map([['t0', { eventId, mcp: false }]]) } })
    expect(joiner.toolUseEventId('t0')).toBe(eventId)
    request({ toolResultIds: ['t0'] })
    expect(events()).toMatchObject([{ type: 'span.model_request_start' }])
    joiner.report(result('t0'))
    expect(events()[1]).toMatchObject({ type: 'agent.tool_result', tool_use_id: eventId })
  })
})

describe('sub-agents', () => {
  it('have a thread of their own: created, told, at work, idle', () => {
    const { joiner, mainThreadId, see, request, wireBlock, events } = setUp()
    request({ thread: 'a1' })
    expect(events()).toEqual([])
    joiner.report({ ...started, thread: 'a1' })
    joiner.report({ type: 'thread_prompt', thread: 'a1', uuid: 'uuid-p', text: 'do it' })
    wireBlock({ blockType: 'thinking' })
    see('end', { how: 'complete' })
    joiner.report(said({ type: 'thinking', thinking: 'hm', signature: 's' }, { thread: 'a1' }))
    joiner.report({ type: 'thread_ended', thread: 'a1', status: 'failed' })
    expect(events().map(({ type }) => type)).toEqual([
      'session.thread_created',
      'session.thread_status_running',
      'span.model_request_start',
      'agent.thread_message_received',
      'agent.thinking',
      'span.model_request_end',
      'session.thread_status_idle',
    ])
    expect(new Set(events().map((event) => event.session_thread_id)).size).toBe(1)
    expect(events()[0]).toMatchObject({ agent_name: 'worker', perdure: { agent_id: 'a1' } })
    expect(events()[3]).toMatchObject({ from_session_thread_id: mainThreadId, content: [{ text: 'do it' }] })
    expect(events()[4]).toMatchObject({ perdure: { thinking: 'hm', signature: 's' } })
    expect(events()[6]).toMatchObject({ stop_reason: { type: 'retries_exhausted' } })
  })

  it('that go on after a resume keep their thread', () => {
    const threadId: ThreadId = newThreadId()
    const { joiner, request, events } = setUp({
      known: { threads: [{ agentId: 'a1', threadId, agentName: 'worker' }] },
    })
    joiner.report({ ...started, thread: 'a1' })
    request({ thread: 'a1' })
    expect(events()).toMatchObject([
      { type: 'session.thread_status_running', session_thread_id: threadId },
      { type: 'span.model_request_start', session_thread_id: threadId },
    ])
  })

  it('that nobody announced get their thread after the time limit', () => {
    const { tick, request, events } = setUp()
    request({ thread: 'a1' })
    tick(2000)
    expect(events().map(({ type }) => type)).toEqual(['session.thread_created', 'span.model_request_start'])
  })

  it('whose words only the wire knows take them from there, and a late twin is dropped', () => {
    const { joiner, see, request, tick, events } = setUp()
    joiner.report({ ...started, thread: 'a1' })
    request({ thread: 'a1' })
    see('block_start', { index: 0, blockType: 'text', text: 'heard' })
    see('block_stop', { index: 0 })
    see('end', { how: 'complete' })
    tick(2000)
    joiner.report(said({ type: 'text', text: 'heard' }, { thread: 'a1' }))
    tick(5000)
    const messages = events().filter(({ type }) => type === 'agent.message')
    expect(messages).toMatchObject([{ content: [{ text: 'heard' }], perdure: { message_id: 'msg_1' } }])
  })
})

describe('what else is said', () => {
  it('becomes events of the wire where it has a word, else of our own', () => {
    const { joiner, events } = setUp()
    const error = { code: 'overloaded', message: 'busy', retryable: true, hint: '' } as const
    joiner.report({ type: 'retrying', thread: null, attempt: 1, maxAttempts: 3, delayMs: 5, error })
    joiner.report({ type: 'model_error', thread: null, uuid: 'u', requestId: null, error })
    joiner.report({ type: 'local_output', uuid: 'u', text: '$0' })
    joiner.report({ type: 'model_fallback', fromModel: 'a', toModel: 'b', trigger: 'overloaded' })
    joiner.report({ type: 'permission_denied', thread: null, toolUseId: 't9', toolName: 'Bash', message: 'no' })
    joiner.report({ type: 'notice', thread: null, name: 'news', payload: { a: 1 } })
    joiner.report({ type: 'compaction', phase: 'done', detail: {} })
    expect(events()).toMatchObject([
      { type: 'session.error', error: { type: 'model_overloaded_error', retry_status: { type: 'retrying' } } },
      { type: 'session.error', error: { message: 'busy', retry_status: { type: 'exhausted' } } },
      { type: 'perdure.local_output', text: '$0' },
      { type: 'perdure.model_fallback', from_model: 'a', to_model: 'b' },
      { type: 'perdure.permission_denied', tool_use_event_id: null, tool_name: 'Bash' },
      { type: 'perdure.agent_notice', name: 'news', payload: { a: 1 } },
      { type: 'agent.thread_context_compacted' },
    ])
  })

  it('keeps its place: an interruption waits until the wire of the cut request has ended, and what follows waits too', () => {
    const { joiner, see, request, types } = setUp()
    request()
    joiner.report({ type: 'interruption', thread: null, uuid: 'u' })
    joiner.report({ type: 'input_state', inputUuid: 'i', state: 'completed' })
    expect(types()).toEqual(['span.model_request_start'])
    see('end', { how: 'client_abort' })
    expect(types()).toEqual(['span.model_request_start', 'span.model_request_end', 'input_state'])
  })

  it('by a summary request is told by its bracket, and stands beside the turn without previews', () => {
    const { joiner, see, request, wireBlock, events } = setUp()
    joiner.report({ type: 'compaction', phase: 'started', detail: {} })
    request()
    wireBlock({ text: 'the story so far' })
    see('end', { how: 'complete' })
    joiner.report({ type: 'compaction', phase: 'ended', detail: {} })
    request({}, 2)
    expect(events().map(({ perdure }) => perdure?.request_kind)).toEqual(['compaction', 'compaction', 'turn'])
  })
})

describe('without the gateway', () => {
  it('previews are the agent’s own, and there are no spans', () => {
    const { joiner, outputs, types } = setUp({ hasGateway: false })
    const preview = { type: 'preview', messageId: 'msg_1' } as const
    joiner.report({ ...preview, index: 0, kind: 'thinking_start', text: '' })
    joiner.report(said({ type: 'thinking', thinking: 'hm', signature: '' }))
    joiner.report({ ...preview, index: 1, kind: 'text_start', text: '' })
    joiner.report({ ...preview, index: 1, kind: 'text_delta', text: ' ' })
    joiner.report({ ...preview, index: 1, kind: 'text_delta', text: 'Hi' })
    joiner.report(said({ type: 'text', text: ' Hi' }))
    joiner.report(said(call('t1')))
    joiner.report(result('t1'))
    expect(types()).toEqual([
      'event_start',
      'agent.thinking',
      'event_start',
      'event_delta',
      'agent.message',
      'agent.tool_use',
      'agent.tool_result',
    ])
    const [thought, thinking, start, delta, message] = outputs.map((output) => 'event' in output && output.event)
    expect(thought).toMatchObject({ event: { type: 'agent.thinking', id: idOf(thinking) } })
    expect(start).toMatchObject({ event: { type: 'agent.message', id: idOf(message) } })
    expect(delta).toMatchObject({ delta: { content: { text: ' Hi' } } })
  })
})

describe('the end', () => {
  it('gives what waits its place before it closes the span', () => {
    const { joiner, see, request, types } = setUp()
    request()
    see('block_start', { index: 0, blockType: 'text', text: 'cut' })
    joiner.report(said({ type: 'text', text: 'cu' }, { aborted: true }))
    joiner.end()
    expect(types().slice(-2)).toEqual(['agent.message', 'span.model_request_end'])
  })

  it('logs what waits, closes what is open, and nothing comes after it', () => {
    const { joiner, request, wireBlock, outputs, types } = setUp()
    joiner.report({ ...started, thread: 'a1' })
    request({ thread: 'a1' })
    request({}, 2)
    request({}, 3)
    wireBlock({ blockType: 'tool_use', toolUseId: 't1' }, 2)
    joiner.report(result('t7'))
    joiner.end()
    const ends = outputs.filter((output) => output.kind === 'event' && output.event.type === 'span.model_request_end')
    expect(ends).toMatchObject(
      Array.from({ length: 3 }, () => ({ event: { is_error: true, perdure: { ended: 'agent_gone' } } })),
    )
    expect(types().at(-1)).toBe('session.thread_status_idle')
    expect(types()).toContain('agent.tool_result')
    const before = outputs.length
    request({}, 4)
    joiner.report(said({ type: 'text', text: 'too late' }))
    joiner.tick()
    joiner.end()
    expect(outputs).toHaveLength(before)
    expect(joiner.nextDeadlineMs()).toBeUndefined()
  })
})
