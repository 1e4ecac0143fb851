import { describe, expect, it } from 'vitest'
import { isPreview, type EventDraft, type LoggedEvent, type PreviewEvent } from './session-event.ts'
import { initialSessionState, type SessionState } from './session-state.ts'
import { fold, step } from './step.ts'

const at = { id: 'sevt_1', processed_at: '2026-01-01T00:00:00.000Z' }
const endTurn = { stop_reason: { type: 'end_turn' }, stop_details: null } as const
const thread = { session_thread_id: 'sthr_1', agent_name: 'helper' }
const numbered = (drafts: readonly EventDraft[]): LoggedEvent[] =>
  drafts.map((draft, index) => ({ ...draft, sequence: index + 1 }))
const after = (...drafts: EventDraft[]): SessionState => fold(numbered(drafts))

const running: EventDraft = { ...at, type: 'session.status_running' }
const asks: EventDraft = {
  ...at,
  type: 'session.status_idle',
  stop_reason: { type: 'requires_action', event_ids: ['sevt_call'] },
  stop_details: null,
}
const call = { ...at, id: 'sevt_call', input: { a: 1 } }
const created: EventDraft = { ...at, ...thread, type: 'session.thread_created', workflow_run_id: null }

describe('the beginning', () => {
  it('is an idle session in which nothing happened', () => {
    expect(initialSessionState).toEqual({
      lastSequence: 0,
      status: 'idle',
      stopReason: null,
      run: null,
      outcome: null,
      agentSessionId: null,
      model: null,
      userId: null,
      turn: {
        texts: [],
        interrupted: false,
        unsettled: initialSessionState.usage,
        error: null,
        usage: initialSessionState.usage,
      },
      turns: 0,
      openSpans: {},
      openTools: {},
      awaitingApproval: [],
      threads: {},
      checkpointId: null,
      runCheckpointId: null,
      unrestored: null,
      usage: {
        inputTokens: 0,
        outputTokens: 0,
        cacheReadInputTokens: 0,
        cacheCreationInputTokens: 0,
        modelRequests: 0,
        costNanoUsd: 0n,
      },
    })
  })
})

describe('a session’s status', () => {
  it.each<[string, EventDraft, Partial<SessionState>]>([
    ['runs', running, { status: 'running', stopReason: null, awaitingApproval: [] }],
    [
      'is idle',
      { ...at, ...endTurn, type: 'session.status_idle' },
      { status: 'idle', stopReason: { type: 'end_turn' }, awaitingApproval: [] },
    ],
    [
      'is rescheduled',
      { ...at, type: 'session.status_rescheduled' },
      { status: 'rescheduling', stopReason: null, awaitingApproval: ['sevt_call'] },
    ],
    [
      'is terminated',
      { ...at, type: 'session.status_terminated' },
      { status: 'terminated', stopReason: null, awaitingApproval: [] },
    ],
    [
      'is terminated when deleted',
      { ...at, type: 'session.deleted' },
      { status: 'terminated', stopReason: null, awaitingApproval: [] },
    ],
  ])('%s', (_, event, expected) => {
    expect(after(running, asks, event)).toMatchObject(expected)
  })

  it('waits with the calls that it names', () => {
    expect(after(running, asks)).toMatchObject({ status: 'idle', awaitingApproval: ['sevt_call'] })
  })
})

describe('a thread', () => {
  it.each<[EventDraft['type'], string]>([
    ['session.thread_status_running', 'running'],
    ['session.thread_status_idle', 'idle'],
    ['session.thread_status_rescheduled', 'rescheduling'],
    ['session.thread_status_terminated', 'terminated'],
  ])('%s makes it %s', (type, status) => {
    const terminated: EventDraft = { ...at, ...thread, type: 'session.thread_status_terminated' }
    const event = { ...at, ...thread, ...endTurn, type } as EventDraft
    expect(after(created, terminated, event).threads).toEqual({
      sthr_1: { agentName: 'helper', agentId: null, status },
    })
    expect(after(event).threads).toEqual({})
  })
})

describe('a tool call', () => {
  const ofServer: EventDraft = { ...call, type: 'agent.mcp_tool_use', name: 'find', mcp_server_name: 'library' }
  const custom: EventDraft = { ...call, type: 'agent.custom_tool_use', name: 'ask', session_thread_id: 'sthr_1' }

  it('is named with its server, or as it is, until its own kind of result comes', () => {
    expect(after(ofServer).openTools).toEqual({
      sevt_call: { name: 'library/find', input: { a: 1 }, toolUseId: null, isMcp: true, threadId: null },
    })
    expect(after(custom).openTools).toEqual({
      sevt_call: { name: 'ask', input: { a: 1 }, toolUseId: null, isMcp: false, threadId: 'sthr_1' },
    })
  })

  it.each<[string, EventDraft, EventDraft]>([
    ['of a server', ofServer, { ...at, type: 'agent.mcp_tool_result', mcp_tool_use_id: 'sevt_call' }],
    ['of the client', custom, { ...at, type: 'user.custom_tool_result', custom_tool_use_id: 'sevt_call' }],
    [
      'whose result is unknown',
      custom,
      { ...at, type: 'perdure.tool_results_unknown', tool_use_event_ids: ['sevt_call', 'sevt_else'] },
    ],
  ])('%s is closed, and waits for nobody any more', (_, use, result) => {
    expect(after(use, asks, result)).toMatchObject({ openTools: {}, awaitingApproval: [] })
  })

  it('stays open, and waits, while another one is closed', () => {
    const other: EventDraft = { ...at, type: 'agent.mcp_tool_result', mcp_tool_use_id: 'sevt_other' }
    expect(after(ofServer, asks, other)).toMatchObject({
      openTools: { sevt_call: {} },
      awaitingApproval: ['sevt_call'],
    })
  })
})

describe('a run', () => {
  const started: EventDraft = {
    ...at,
    type: 'perdure.run_started',
    run_id: 'run_1',
    agent: 'claude',
    upstream: 'script',
    working_directory: '/w',
    model: null,
    fence: 2,
  }
  const ended: EventDraft = { ...at, type: 'perdure.run_ended', run_id: 'run_1', outcome: 'failed', error: null }
  const says: EventDraft = { ...at, type: 'agent.message', content: [{ type: 'text', text: 'so far' }] }
  const interrupt: EventDraft = { ...at, type: 'user.interrupt' }

  it('has the session from its start to its end, and leaves its outcome', () => {
    expect(after(started)).toMatchObject({ run: { id: 'run_1', fence: 2 }, outcome: null })
    expect(after(started, ended)).toMatchObject({ run: null, outcome: 'failed' })
    expect(after(started, ended, started)).toMatchObject({ run: { id: 'run_1' }, outcome: null })
  })

  it('begins with the texts of the turn before it, and nothing else of it', () => {
    const { turn } = after(started, running, says, interrupt, ended, started)
    expect(turn).toEqual({ ...initialSessionState.turn, texts: ['so far'] })
  })

  it('keeps no text that was cut', () => {
    const cut: EventDraft = { ...says, perdure: { aborted: true } }
    expect(after(started, running, says, cut).turn.texts).toEqual(['so far'])
  })

  it('is told which conversation and model its agent has', () => {
    const agent: EventDraft = {
      ...at,
      type: 'perdure.agent_started',
      agent_session_id: 'conversation',
      model: 'm',
      version: '1',
      permission_mode: 'default',
      tools: [],
      mcp_servers: [],
      slash_commands: [],
      skills: [],
      plugins: [],
    }
    expect(after(started, agent)).toMatchObject({ agentSessionId: 'conversation', model: 'm' })
  })

  it('is interrupted only while its turn is under way', () => {
    expect(after(started, running, interrupt).turn.interrupted).toBe(true)
    expect(after(started, interrupt).turn.interrupted).toBe(false)
  })
})

describe('an event out of order', () => {
  it('is named with the one before it', () => {
    expect(() => step(after(running), { ...running, sequence: 5 })).toThrow('event 5 does not follow 1')
  })
})

describe('isPreview', () => {
  it('tells live text from what is logged', () => {
    const start: PreviewEvent = { type: 'event_start', event: { type: 'agent.message', id: 'sevt_1' } }
    const delta: PreviewEvent = {
      type: 'event_delta',
      event_id: 'sevt_1',
      delta: { type: 'content_delta', content: { type: 'text', text: 'a' } },
    }
    expect([start, delta, { ...running, sequence: 1 }].map(isPreview)).toEqual([true, true, false])
  })
})

describe('the end of a run', () => {
  const span = (id: string, cost?: string): EventDraft[] => [
    { ...at, id, type: 'span.model_request_start' },
    {
      ...at,
      type: 'span.model_request_end',
      model_request_start_id: id,
      is_error: false,
      model_usage: { input_tokens: 5, output_tokens: 2, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 },
      ...(cost === undefined ? {} : { perdure: { cost_nano_usd: cost } }),
    },
  ]
  const ended = (cost?: string): EventDraft => ({
    ...at,
    type: 'perdure.run_ended',
    run_id: 'run_1',
    outcome: 'cancelled',
    error: null,
    ...(cost === undefined ? {} : { unsettled_cost_nano_usd: cost }),
  })

  it('counts what no turn counted, once', () => {
    const state = after(...span('sevt_a', '30'), ...span('sevt_b'), ended())
    expect(state.usage).toMatchObject({ inputTokens: 10, outputTokens: 4, modelRequests: 2, costNanoUsd: 30n })
    expect(state.turn.unsettled).toEqual(initialSessionState.usage)
  })

  it('knows its cost better than the requests whose end was seen', () => {
    expect(after(...span('sevt_a', '30'), ended('45')).usage.costNanoUsd).toBe(45n)
  })
})
