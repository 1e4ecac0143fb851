import type { RewoundCall, RewoundConversation } from './perdure-event.ts'
import type { DraftOfType } from './session-event.ts'
import { emptyTurn, type OpenTool, type SessionState } from './session-state.ts'

/**
 * The conversation is what it was, and the event says how that was; what has been spent and counted stays so. Whatever
 * was under way on the branch that is left had its end before.
 */
export function rewound(state: SessionState, event: DraftOfType<'perdure.session_rewound'>): Partial<SessionState> {
  const { texts, waiting_calls, thread_ids } = event.conversation
  const waiting = Object.keys(waiting_calls)
  return {
    status: 'idle',
    stopReason: waiting.length > 0 ? { type: 'requires_action', event_ids: waiting } : { type: 'end_turn' },
    outcome: null,
    agentSessionId: event.agent_session_id,
    turn: { ...emptyTurn, texts },
    openSpans: {},
    openTools: Object.fromEntries(waiting.map((id) => [id, openAgain(waiting_calls[id]!)])),
    awaitingApproval: waiting,
    threads: Object.fromEntries(
      thread_ids.flatMap((id) => {
        const thread = state.threads[id]
        return thread === undefined ? [] : [[id, { ...thread, status: 'idle' }]]
      }),
    ),
    checkpointId: event.checkpoint_id ?? state.checkpointId,
    runCheckpointId: event.checkpoint_id ?? state.checkpointId,
    unrestored:
      event.checkpoint_id === null
        ? state.unrestored
        : {
            checkpointId: event.checkpoint_id,
            safetyCheckpointId: event.safety_checkpoint_id,
            workingDirectory: event.working_directory,
            git: event.git,
          },
  }
}

const openAgain = ({ name, input, tool_use_id, is_mcp }: RewoundCall): OpenTool => ({
  name,
  input,
  toolUseId: tool_use_id,
  isMcp: is_mcp,
  threadId: null,
})

/**
 * What a rewind writes down of the state that its target had.
 * @param open Calls that wait for a person and that the conversation still holds, and messages that it does not.
 */
export function conversationOf(
  { turn, openTools, awaitingApproval, threads }: SessionState,
  open: { readonly waitingIds: readonly string[]; readonly unansweredIds: readonly string[] },
): RewoundConversation {
  const waiting = awaitingApproval.flatMap((id) => {
    const tool = open.waitingIds.includes(id) ? openTools[id] : undefined
    return tool === undefined ? [] : [[id, callOf(tool)] as const]
  })
  return {
    texts: [...turn.texts],
    waiting_calls: Object.fromEntries(waiting),
    thread_ids: Object.keys(threads),
    unanswered_ids: [...open.unansweredIds],
  }
}

const callOf = ({ name, input, toolUseId, isMcp }: OpenTool): RewoundCall => ({
  name,
  input: { ...input },
  tool_use_id: toolUseId,
  is_mcp: isMcp,
})
