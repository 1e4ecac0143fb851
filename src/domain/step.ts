import type { Command } from './command.ts'
import { rewound } from './rewound.ts'
import type { LoggedEvent } from './session-event.ts'
import {
  emptyTurn,
  initialSessionState,
  type OpenTool,
  type SessionState,
  type ThreadState,
  type TurnState,
} from './session-state.ts'
import { addUsage, noUsage, type Usage } from './usage.ts'

export interface Step {
  readonly state: SessionState
  /** What the runtime has to do now because of this event; nothing when a log is only folded. */
  readonly commands: readonly Command[]
}

/**
 * The life of a session as a pure function. The same fold decides what a live run does next and
 * rebuilds the state from the log after a crash, on another machine, or in a debugger.
 * @throws {RangeError} when the event does not follow the state's last one.
 */
export function step(state: SessionState, event: LoggedEvent): Step {
  if (event.sequence !== state.lastSequence + 1) {
    throw new RangeError(`event ${event.sequence} does not follow ${state.lastSequence}`)
  }
  const change = changeBy(state, event)
  const next = { ...state, ...change, lastSequence: event.sequence }
  return { state: next, commands: commandsFor(state, next, event) }
}

/** The state after all these events. */
export const fold = (events: Iterable<LoggedEvent>, from: SessionState = initialSessionState): SessionState => {
  let state = from
  for (const event of events) state = step(state, event).state
  return state
}

function changeBy(state: SessionState, event: LoggedEvent): Partial<SessionState> {
  switch (event.type) {
    case 'user.message':
      return { turn: state.status === 'running' ? state.turn : emptyTurn }
    case 'user.interrupt':
      // Where no turn is under way there is nothing to cut, and the last one stays what it was.
      return isUnderWay(state) ? { turn: { ...state.turn, interrupted: true } } : {}
    case 'user.tool_confirmation':
      return { awaitingApproval: state.awaitingApproval.filter((id) => id !== event.tool_use_id) }
    case 'agent.message':
      return event.session_thread_id || event.perdure?.aborted
        ? {}
        : { turn: { ...state.turn, texts: [...state.turn.texts, textOf(event)] } }
    case 'agent.tool_use':
    case 'agent.mcp_tool_use':
    case 'agent.custom_tool_use':
      return { openTools: { ...state.openTools, [event.id]: openTool(event) } }
    case 'agent.tool_result':
      return withoutTool(state, event.tool_use_id)
    case 'agent.mcp_tool_result':
      return withoutTool(state, event.mcp_tool_use_id)
    case 'user.custom_tool_result':
      return withoutTool(state, event.custom_tool_use_id)
    case 'span.model_request_start':
      return {
        openSpans: { ...state.openSpans, [event.id]: event.session_thread_id ?? null },
        turn: withUnsettled(state.turn, { modelRequests: 1 }),
      }
    case 'span.model_request_end':
      return {
        openSpans: without(state.openSpans, event.model_request_start_id),
        turn: withUnsettled(state.turn, {
          inputTokens: event.model_usage.input_tokens,
          outputTokens: event.model_usage.output_tokens,
          cacheReadInputTokens: event.model_usage.cache_read_input_tokens,
          cacheCreationInputTokens: event.model_usage.cache_creation_input_tokens,
          costNanoUsd: BigInt(event.perdure?.cost_nano_usd ?? 0),
        }),
      }
    default:
      return changeByStatus(state, event)
  }
}

function changeByStatus(state: SessionState, event: LoggedEvent): Partial<SessionState> {
  switch (event.type) {
    case 'session.status_running':
      return { status: 'running', stopReason: null, awaitingApproval: [] }
    case 'session.status_idle':
      return {
        status: 'idle',
        stopReason: event.stop_reason,
        awaitingApproval: event.stop_reason.type === 'requires_action' ? event.stop_reason.event_ids : [],
      }
    case 'session.status_rescheduled':
      return { status: 'rescheduling', stopReason: null }
    case 'session.status_terminated':
    case 'session.deleted':
      return { status: 'terminated', stopReason: null, awaitingApproval: [] }
    case 'session.thread_created':
      return withThread(state, event.session_thread_id, {
        agentName: event.agent_name,
        agentId: event.perdure?.agent_id ?? null,
        status: 'running',
      })
    case 'session.thread_status_running':
      return withThreadStatus(state, event.session_thread_id, 'running')
    case 'session.thread_status_idle':
      return withThreadStatus(state, event.session_thread_id, 'idle')
    case 'session.thread_status_rescheduled':
      return withThreadStatus(state, event.session_thread_id, 'rescheduling')
    case 'session.thread_status_terminated':
      return withThreadStatus(state, event.session_thread_id, 'terminated')
    default:
      return changeByRun(state, event)
  }
}

function changeByRun(state: SessionState, event: LoggedEvent): Partial<SessionState> {
  switch (event.type) {
    case 'perdure.run_started':
      // How the turn of an earlier run ended, and what it used, says nothing of this run.
      return {
        run: { id: event.run_id, fence: event.fence },
        outcome: null,
        userId: event.user_id ?? state.userId,
        runCheckpointId: state.checkpointId,
        turn: { ...emptyTurn, texts: state.turn.texts },
      }
    case 'perdure.run_ended':
      return {
        run: null,
        outcome: event.outcome,
        usage: addUsage(state.usage, restOfRun(state.turn, event)),
        turn: { ...state.turn, unsettled: noUsage },
      }
    case 'perdure.agent_started':
      return { agentSessionId: event.agent_session_id, model: event.model }
    case 'perdure.session_forked':
      return { agentSessionId: event.agent_session_id ?? null }
    case 'perdure.session_rewound':
      return rewound(state, event)
    case 'perdure.checkpoint_saved': {
      const { checkpoint_id: checkpointId } = event
      return event.reason === 'run_started' ? { checkpointId, runCheckpointId: checkpointId } : { checkpointId }
    }
    case 'perdure.files_restored':
      return { unrestored: null }
    case 'perdure.tool_results_unknown':
      return event.tool_use_event_ids.reduce<SessionState>((next, id) => ({ ...next, ...withoutTool(next, id) }), state)
    case 'perdure.turn_ended': {
      const usage = turnUsage(event)
      return {
        turns: state.turns + 1,
        usage: addUsage(state.usage, usage),
        turn: {
          ...state.turn,
          usage: addUsage(state.turn.usage, usage),
          unsettled: noUsage,
          error: event.error,
          ...(event.structured_output === undefined ? {} : { structuredOutput: event.structured_output }),
        },
      }
    }
    default:
      return {}
  }
}

function commandsFor(before: SessionState, after: SessionState, event: LoggedEvent): Command[] {
  switch (event.type) {
    case 'user.interrupt':
      return before.run === null ? [] : [{ type: 'interrupt_agent' }]
    case 'user.tool_confirmation': {
      if (!before.awaitingApproval.includes(event.tool_use_id)) return []
      const answer: Command = {
        type: 'answer_permission',
        toolUseEventId: event.tool_use_id,
        result: event.result,
        message: event.deny_message ?? null,
      }
      const rest = after.awaitingApproval
      return [rest.length === 0 ? { type: 'go_on' } : { type: 'ask_again', eventIds: rest }, answer]
    }
    case 'perdure.turn_ended':
      return [{ type: 'settle_turn', stopReason: stopReasonOf(after) }]
    case 'session.status_idle':
      return event.stop_reason.type === 'requires_action' ? [] : [{ type: 'take_next_input' }]
    default:
      return []
  }
}

function stopReasonOf(state: SessionState): 'end_turn' | 'retries_exhausted' | 'budget_reached' {
  if (state.turn.interrupted || state.turn.error === null) return 'end_turn'
  if (state.turn.error.code === 'budget_reached') return 'budget_reached'
  return state.turn.error.retryable ? 'retries_exhausted' : 'end_turn'
}

const isUnderWay = ({ status, awaitingApproval }: SessionState): boolean =>
  status === 'running' || awaitingApproval.length > 0

const withUnsettled = (turn: TurnState, more: Partial<Usage>): TurnState => ({
  ...turn,
  unsettled: addUsage(turn.unsettled, { ...noUsage, ...more }),
})

function textOf(event: Extract<LoggedEvent, { type: 'agent.message' }>): string {
  return event.content.map((block) => (block.type === 'text' ? block.text : '')).join('')
}

function turnUsage(event: Extract<LoggedEvent, { type: 'perdure.turn_ended' }>): Usage {
  const models = Object.values(event.model_usage)
  const sum = (of: (model: (typeof models)[number]) => number) => models.reduce((total, model) => total + of(model), 0)
  return {
    inputTokens: sum((model) => model.input_tokens),
    outputTokens: sum((model) => model.output_tokens),
    cacheReadInputTokens: sum((model) => model.cache_read_input_tokens),
    cacheCreationInputTokens: sum((model) => model.cache_creation_input_tokens),
    modelRequests: event.model_requests,
    costNanoUsd: BigInt(event.cost_nano_usd),
  }
}

/** What no turn's result counted. Its cost is known better than by the requests whose end was seen. */
function restOfRun({ unsettled }: TurnState, event: Extract<LoggedEvent, { type: 'perdure.run_ended' }>): Usage {
  const cost = event.unsettled_cost_nano_usd
  return cost === undefined ? unsettled : { ...unsettled, costNanoUsd: BigInt(cost) }
}

function openTool(
  event: Extract<LoggedEvent, { type: 'agent.tool_use' | 'agent.mcp_tool_use' | 'agent.custom_tool_use' }>,
): OpenTool {
  return {
    name: event.type === 'agent.mcp_tool_use' ? `${event.mcp_server_name}/${event.name}` : event.name,
    input: event.input,
    toolUseId: event.perdure?.tool_use_id ?? null,
    isMcp: event.type === 'agent.mcp_tool_use',
    threadId: event.session_thread_id ?? null,
  }
}

const withoutTool = (state: SessionState, eventId: string): Partial<SessionState> => ({
  openTools: without(state.openTools, eventId),
  awaitingApproval: state.awaitingApproval.filter((id) => id !== eventId),
})

const withThread = (state: SessionState, threadId: string, thread: ThreadState): Partial<SessionState> => ({
  threads: { ...state.threads, [threadId]: thread },
})

function withThreadStatus(state: SessionState, threadId: string, status: ThreadState['status']): Partial<SessionState> {
  const thread = state.threads[threadId]
  return thread === undefined ? {} : withThread(state, threadId, { ...thread, status })
}

function without<Value>(record: Readonly<Record<string, Value>>, key: string): Readonly<Record<string, Value>> {
  if (!Object.hasOwn(record, key)) return record
  const { [key]: _removed, ...rest } = record
  return rest
}
