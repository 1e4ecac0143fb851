import fc from 'fast-check'
import { newEventId } from '../../src/domain/ids.ts'
import type { EventDraft, LoggedEvent } from '../../src/domain/session-event.ts'

const processed_at = '2026-01-01T00:00:00.000Z'
const ids = ['sevt_a', 'sevt_b', 'sevt_c', 'sevt_d']
const threads = ['sthr_x', 'sthr_y']
const id = fc.constantFrom(...ids)
const thread = fc.constantFrom(...threads)
const threadMark = fc.option(thread, { nil: null })
const stamped = <Event extends object>(event: fc.Arbitrary<Event>) =>
  event.map(
    (value) => ({ ...value, processed_at, ...('id' in value ? {} : { id: newEventId() }) }) as unknown as EventDraft,
  )

const noUsage = { cache_creation_input_tokens: 0, cache_read_input_tokens: 0, input_tokens: 0, output_tokens: 0 }
const endTurn = { type: 'end_turn' } as const
const storedError = fc.record({
  code: fc.constantFrom('overloaded', 'budget_reached', 'cancelled', 'max_turns_reached'),
  message: fc.string(),
  retryable: fc.boolean(),
  hint: fc.string(),
})

/** Any event that a log may hold, sensible in itself, in no sensible order: a fold must take them all. */
export const anyDraft: fc.Arbitrary<EventDraft> = fc.oneof(
  stamped(fc.record({ type: fc.constant('user.message'), content: fc.constant([{ type: 'text', text: 'hi' }]) })),
  stamped(fc.record({ type: fc.constant('user.interrupt') })),
  stamped(
    fc.record({
      type: fc.constant('user.tool_confirmation'),
      tool_use_id: id,
      result: fc.constantFrom('allow', 'deny'),
    }),
  ),
  stamped(
    fc.record({
      type: fc.constant('agent.message'),
      content: fc.string().map((text) => [{ type: 'text', text }]),
      session_thread_id: threadMark,
    }),
  ),
  stamped(fc.record({ type: fc.constant('agent.tool_use'), id, name: fc.constant('Bash'), input: fc.constant({}) })),
  stamped(
    fc.record({
      type: fc.constant('agent.mcp_tool_use'),
      id,
      name: fc.constant('t'),
      mcp_server_name: fc.constant('s'),
      input: fc.constant({}),
    }),
  ),
  stamped(fc.record({ type: fc.constant('agent.tool_result'), tool_use_id: id })),
  stamped(fc.record({ type: fc.constant('agent.mcp_tool_result'), mcp_tool_use_id: id })),
  stamped(fc.record({ type: fc.constant('span.model_request_start'), id, session_thread_id: threadMark })),
  stamped(
    fc.record({
      type: fc.constant('span.model_request_end'),
      model_request_start_id: id,
      is_error: fc.boolean(),
      model_usage: fc.constant(noUsage),
    }),
  ),
  stamped(
    fc.record({
      type: fc.constantFrom('session.status_running', 'session.status_rescheduled', 'session.status_terminated'),
    }),
  ),
  stamped(
    fc.record({
      type: fc.constant('session.status_idle'),
      stop_details: fc.constant(null),
      stop_reason: fc.oneof(
        fc.constant(endTurn),
        fc.uniqueArray(id).map((event_ids) => ({ type: 'requires_action' as const, event_ids })),
      ),
    }),
  ),
  stamped(
    fc.record({
      type: fc.constant('session.thread_created'),
      session_thread_id: thread,
      agent_name: fc.constant('helper'),
      workflow_run_id: fc.constant(null),
    }),
  ),
  stamped(
    fc.record({
      type: fc.constantFrom('session.thread_status_running', 'session.thread_status_terminated'),
      session_thread_id: thread,
      agent_name: fc.constant('helper'),
    }),
  ),
  stamped(fc.record({ type: fc.constant('perdure.run_started'), run_id: fc.constant('run_1'), fence: fc.nat() })),
  stamped(
    fc.record({
      type: fc.constant('perdure.run_ended'),
      run_id: fc.constant('run_1'),
      outcome: fc.constantFrom('completed', 'failed'),
      unsettled_cost_nano_usd: fc.bigInt({ min: 0n, max: 10n ** 15n }).map(String),
    }),
  ),
  stamped(
    fc.record({ type: fc.constant('perdure.agent_started'), agent_session_id: fc.uuid(), model: fc.constant('m') }),
  ),
  stamped(fc.record({ type: fc.constant('perdure.tool_results_unknown'), tool_use_event_ids: fc.array(id) })),
  stamped(
    fc.record({
      type: fc.constant('perdure.turn_ended'),
      error: fc.option(storedError, { nil: null }),
      cost_nano_usd: fc.bigInt({ min: 0n, max: 10n ** 15n }).map(String),
      model_requests: fc.nat(20),
      model_usage: fc.record({
        m: fc.record({
          input_tokens: fc.nat(1e6),
          output_tokens: fc.nat(1e6),
          cache_read_input_tokens: fc.nat(1e6),
          cache_creation_input_tokens: fc.nat(1e6),
          cost_nano_usd: fc.constant('0'),
        }),
      }),
      structured_output: fc.option(fc.record({ ok: fc.boolean() }), { nil: undefined }),
    }),
  ),
  stamped(
    fc.record({
      type: fc.constant('perdure.session_rewound'),
      to_sequence: fc.nat(60),
      agent_session_id: fc.uuid(),
      checkpoint_id: fc.option(fc.constant('0'.repeat(40)), { nil: null }),
      safety_checkpoint_id: fc.constant(null),
      working_directory: fc.constant('/w'),
      git: fc.constant('keep'),
      conversation: fc.record({
        texts: fc.array(fc.string(), { maxLength: 2 }),
        waiting_calls: fc.dictionary(
          id,
          fc.record({
            name: fc.constant('Bash'),
            input: fc.constant({}),
            tool_use_id: fc.constant('toolu_1'),
            is_mcp: fc.boolean(),
          }),
        ),
        thread_ids: fc.uniqueArray(thread),
        unanswered_ids: fc.constant([]),
      }),
    }),
  ),
  stamped(
    fc.record({
      type: fc.constant('perdure.checkpoint_saved'),
      checkpoint_id: fc.constantFrom('1'.repeat(40), '2'.repeat(40)),
      parent_checkpoint_id: fc.constant(null),
      reason: fc.constantFrom('run_started', 'turn_ended', 'before_tool', 'run_ended'),
      working_directory: fc.constant('/w'),
      changes: fc.constant([]),
      more_changes: fc.nat(),
      left_out: fc.constant([]),
      left_out_count: fc.nat(),
      duration_ms: fc.nat(),
    }),
  ),
  stamped(
    fc.record({
      type: fc.constant('perdure.checkpoint_failed'),
      reason: fc.constantFrom('run_started', 'turn_ended'),
      working_directory: fc.constant('/w'),
      error: storedError,
    }),
  ),
  stamped(fc.record({ type: fc.constant('perdure.files_restored'), changes: fc.nat(), left_alone: fc.constant([]) })),
  stamped(fc.record({ type: fc.constant('an.event_of_the_future'), payload: fc.string() })),
)

/** A log of such events, numbered. */
export const anyLog: fc.Arbitrary<LoggedEvent[]> = fc.array(anyDraft, { maxLength: 60 }).map((drafts) =>
  drafts.map((draft, index) => {
    const back = draft.type === 'perdure.session_rewound' ? { to_sequence: draft.to_sequence % (index + 1) } : {}
    return { ...draft, ...back, sequence: index + 1 }
  }),
)
