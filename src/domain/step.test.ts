import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyLog } from '../../test/support/arbitrary-events.ts'
import type { DraftOfType, EventDraft, LoggedEvent } from './session-event.ts'
import { initialSessionState, type SessionState } from './session-state.ts'
import { fold, step } from './step.ts'

const at = { id: 'sevt_1', processed_at: '2026-01-01T00:00:00.000Z' }
const numbered = (drafts: readonly EventDraft[], after = 0): LoggedEvent[] =>
  drafts.map((draft, index) => ({ ...draft, sequence: after + index + 1 }))
const commandsOf = (state: SessionState, draft: EventDraft) =>
  step(state, { ...draft, sequence: state.lastSequence + 1 }).commands

const running: EventDraft = { ...at, type: 'session.status_running' }
const bash: EventDraft = {
  ...at,
  id: 'sevt_bash',
  type: 'agent.tool_use',
  name: 'Bash',
  input: { command: 'ls' },
  perdure: { tool_use_id: 'toolu_1' },
}
const asks = (...event_ids: string[]): EventDraft => ({
  ...at,
  type: 'session.status_idle',
  stop_details: null,
  stop_reason: { type: 'requires_action', event_ids },
})
const allows = (tool_use_id: string): EventDraft => ({
  ...at,
  type: 'user.tool_confirmation',
  tool_use_id,
  result: 'allow',
})
const runStarted: EventDraft = {
  ...at,
  type: 'perdure.run_started',
  run_id: 'run_1',
  agent: 'claude',
  upstream: 'script',
  working_directory: '/w',
  model: null,
  fence: 3,
}
const turnEnded = (change: Partial<DraftOfType<'perdure.turn_ended'>> = {}): EventDraft => ({
  ...at,
  type: 'perdure.turn_ended',
  error: null,
  subtype: 'success',
  terminal_reason: 'completed',
  cost_nano_usd: '1500',
  model_requests: 2,
  duration_ms: 10,
  permission_denials: 0,
  model_usage: {
    a: {
      input_tokens: 1,
      output_tokens: 2,
      cache_read_input_tokens: 3,
      cache_creation_input_tokens: 4,
      cost_nano_usd: '500',
    },
    b: {
      input_tokens: 10,
      output_tokens: 20,
      cache_read_input_tokens: 30,
      cache_creation_input_tokens: 40,
      cost_nano_usd: '1000',
    },
  },
  ...change,
})
const says = (text: string, session_thread_id: string | null = null): EventDraft => ({
  ...at,
  type: 'agent.message',
  content: [{ type: 'text', text }],
  session_thread_id,
})

describe('fold', () => {
  it('over a prefix, continued, equals the fold over the whole, also through a copy of the state', () => {
    fc.assert(
      fc.property(anyLog, fc.nat(), (log, cut) => {
        const at = log.length === 0 ? 0 : cut % (log.length + 1)
        const continued = fold(log.slice(at), structuredClone(fold(log.slice(0, at))))
        expect(continued).toEqual(fold(log))
      }),
    )
  })

  it('never changes a state that it was given', () => {
    fc.assert(
      fc.property(anyLog, (log) => {
        let state = initialSessionState
        for (const event of log) {
          const before = structuredClone(state)
          const next = step(state, event).state
          expect(state).toEqual(before)
          state = next
        }
      }),
    )
  })

  it('adds up what every turn cost, and what the runs cost beyond their turns', () => {
    fc.assert(
      fc.property(anyLog, (log) => {
        const turns = log.filter((event) => event.type === 'perdure.turn_ended')
        const rests = log.filter((event) => event.type === 'perdure.run_ended')
        const costs = [
          ...turns.map((turn) => turn.cost_nano_usd),
          ...rests.map((run) => run.unsettled_cost_nano_usd ?? '0'),
        ]
        const { usage, turns: count } = fold(log)
        expect(count).toBe(turns.length)
        expect(usage.costNanoUsd).toBe(costs.reduce((sum, cost) => sum + BigInt(cost), 0n))
        expect(usage.modelRequests).toBeGreaterThanOrEqual(turns.reduce((sum, turn) => sum + turn.model_requests, 0))
      }),
    )
  })

  it('refuses an event that leaves a gap, repeats or goes back', () => {
    const state = fold(numbered([running]))
    for (const sequence of [0, 1, 3]) {
      expect(() => step(state, { ...running, sequence })).toThrow(RangeError)
    }
  })
})

describe('the state', () => {
  it('holds every model’s tokens of a turn, and the run’s own numbers', () => {
    expect(fold(numbered([runStarted, turnEnded()]))).toMatchObject({
      run: { id: 'run_1', fence: 3 },
      turns: 1,
      usage: {
        inputTokens: 11,
        outputTokens: 22,
        cacheReadInputTokens: 33,
        cacheCreationInputTokens: 44,
        modelRequests: 2,
        costNanoUsd: 1500n,
      },
    })
  })

  it('keeps the texts of the main thread since the last user message', () => {
    const message: EventDraft = { ...at, type: 'user.message', content: [{ type: 'text', text: 'go' }] }
    const log = numbered([message, running, says('one'), says('aside', 'sthr_1'), message, says('two')])
    expect(fold(log).turn.texts).toEqual(['one', 'two'])
    const idle: EventDraft = {
      ...at,
      type: 'session.status_idle',
      stop_reason: { type: 'end_turn' },
      stop_details: null,
    }
    expect(fold(numbered([idle, message], log.length), fold(log)).turn.texts).toEqual([])
  })

  it('knows open tool calls and spans until they end', () => {
    const start: EventDraft = { ...at, id: 'sevt_span', type: 'span.model_request_start', session_thread_id: 'sthr_1' }
    const open = fold(numbered([start, bash]))
    expect(open.openSpans).toEqual({ sevt_span: 'sthr_1' })
    expect(open.openTools).toEqual({
      sevt_bash: { name: 'Bash', input: { command: 'ls' }, toolUseId: 'toolu_1', isMcp: false, threadId: null },
    })
    const end: EventDraft = {
      ...at,
      type: 'span.model_request_end',
      model_request_start_id: 'sevt_span',
      is_error: false,
      model_usage: { cache_creation_input_tokens: 0, cache_read_input_tokens: 0, input_tokens: 0, output_tokens: 0 },
    }
    const closed = fold(numbered([end, { ...at, type: 'agent.tool_result', tool_use_id: 'sevt_bash' }], 2), open)
    expect(closed).toMatchObject({ openSpans: {}, openTools: {} })
  })

  it('follows a thread through its life, and ignores one it does not know', () => {
    const created: EventDraft = {
      ...at,
      type: 'session.thread_created',
      session_thread_id: 'sthr_1',
      agent_name: 'helper',
      workflow_run_id: null,
      perdure: { agent_id: 'a1' },
    }
    const status = (
      type: 'session.thread_status_running' | 'session.thread_status_terminated',
      session_thread_id: string,
    ) => ({ ...at, type, session_thread_id, agent_name: 'helper' }) satisfies EventDraft
    expect(fold(numbered([created])).threads).toEqual({
      sthr_1: { agentName: 'helper', agentId: 'a1', status: 'running' },
    })
    const log = [
      created,
      status('session.thread_status_terminated', 'sthr_1'),
      status('session.thread_status_running', 'sthr_2'),
    ]
    expect(Object.entries(fold(numbered(log)).threads)).toEqual([
      ['sthr_1', { agentName: 'helper', agentId: 'a1', status: 'terminated' }],
    ])
  })

  it('counts what the wire showed of a turn until its result counts it', () => {
    const start: EventDraft = { ...at, id: 'sevt_span', type: 'span.model_request_start' }
    const end: EventDraft = {
      ...at,
      type: 'span.model_request_end',
      model_request_start_id: 'sevt_span',
      is_error: false,
      model_usage: { cache_creation_input_tokens: 1, cache_read_input_tokens: 2, input_tokens: 3, output_tokens: 4 },
    }
    const cut = fold(numbered([start, end, start]))
    expect(cut.turn.unsettled).toEqual({
      inputTokens: 3,
      outputTokens: 4,
      cacheReadInputTokens: 2,
      cacheCreationInputTokens: 1,
      modelRequests: 2,
      costNanoUsd: 0n,
    })
    const settled = fold(numbered([turnEnded()], 3), cut)
    expect(settled.turn.unsettled).toEqual(initialSessionState.usage)
    expect(settled.usage.modelRequests).toBe(2)
  })

  it('keeps the structured output of the last turn that had one', () => {
    expect(fold(numbered([turnEnded({ structured_output: { n: 1 } })])).turn.structuredOutput).toEqual({ n: 1 })
    expect('structuredOutput' in fold(numbered([turnEnded()])).turn).toBe(false)
  })
})

describe('commands', () => {
  it('an interrupt reaches the agent only while a run has the session', () => {
    const interrupt: EventDraft = { ...at, type: 'user.interrupt' }
    expect(commandsOf(initialSessionState, interrupt)).toEqual([])
    expect(commandsOf(fold(numbered([runStarted])), interrupt)).toEqual([{ type: 'interrupt_agent' }])
  })

  it('a decision is handed on, and what still waits is asked for again', () => {
    const state = fold(numbered([running, bash, asks('sevt_bash', 'sevt_other')]))
    expect(commandsOf(state, allows('sevt_bash'))).toEqual([
      { type: 'ask_again', eventIds: ['sevt_other'] },
      { type: 'answer_permission', toolUseEventId: 'sevt_bash', result: 'allow', message: null },
    ])
  })

  it('after the last decision the turn goes on', () => {
    const state = fold(numbered([running, bash, asks('sevt_bash')]))
    const deny: EventDraft = {
      ...at,
      type: 'user.tool_confirmation',
      tool_use_id: 'sevt_bash',
      result: 'deny',
      deny_message: 'no',
    }
    expect(commandsOf(state, deny)).toEqual([
      { type: 'go_on' },
      { type: 'answer_permission', toolUseEventId: 'sevt_bash', result: 'deny', message: 'no' },
    ])
  })

  it('a decision about what nobody asked does nothing', () => {
    expect(commandsOf(fold(numbered([running, bash])), allows('sevt_bash'))).toEqual([])
    const answered = fold(
      numbered([running, bash, asks('sevt_bash'), { ...at, type: 'agent.tool_result', tool_use_id: 'sevt_bash' }]),
    )
    expect(commandsOf(answered, allows('sevt_bash'))).toEqual([])
  })

  it.each([
    [null, false, 'end_turn'],
    [{ code: 'overloaded', retryable: true }, false, 'retries_exhausted'],
    [{ code: 'overloaded', retryable: true }, true, 'end_turn'],
    [{ code: 'max_turns_reached', retryable: false }, false, 'end_turn'],
    [{ code: 'budget_reached', retryable: false }, false, 'budget_reached'],
  ] as const)('a turn that ended with %j (interrupted: %s) settles as %s', (error, interrupted, stopReason) => {
    const before = interrupted ? [runStarted, running, { ...at, type: 'user.interrupt' } as const] : [runStarted]
    const full = error === null ? null : { ...error, message: 'm', hint: 'h' }
    expect(commandsOf(fold(numbered(before)), turnEnded({ error: full }))).toEqual([
      { type: 'settle_turn', stopReason },
    ])
  })

  it('an idle session takes its next input, unless it waits for a person', () => {
    const idle: EventDraft = {
      ...at,
      type: 'session.status_idle',
      stop_reason: { type: 'end_turn' },
      stop_details: null,
    }
    expect(commandsOf(fold(numbered([running])), idle)).toEqual([{ type: 'take_next_input' }])
    expect(commandsOf(fold(numbered([running, bash])), asks('sevt_bash'))).toEqual([])
  })
})
