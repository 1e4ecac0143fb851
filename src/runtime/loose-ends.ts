import { newEventId } from '../domain/ids.ts'
import type { EventDraft } from '../domain/session-event.ts'
import type { SessionState } from '../domain/session-state.ts'

const endTurn = { type: 'end_turn' } as const
const noModelUsage = {
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  input_tokens: 0,
  output_tokens: 0,
}

/**
 * The events that close whatever a run left open when it was killed or died: spans, sub-agents, tool
 * calls without a result. A log folded over them is idle and consistent.
 */
export function looseEnds(state: SessionState, at: Date): EventDraft[] {
  const stamp = () => ({ id: newEventId(), processed_at: at.toISOString() })
  const inThread = (threadId: string | null) => (threadId === null ? {} : { session_thread_id: threadId })
  const drafts: EventDraft[] = []
  for (const [startId, threadId] of Object.entries(state.openSpans)) {
    drafts.push({
      ...stamp(),
      ...inThread(threadId),
      type: 'span.model_request_end',
      model_request_start_id: startId,
      is_error: true,
      model_usage: noModelUsage,
      perdure: { ended: 'process_died' },
    })
  }
  for (const [threadId, thread] of Object.entries(state.threads)) {
    if (thread.status !== 'running') continue
    drafts.push({
      ...stamp(),
      type: 'session.thread_status_idle',
      session_thread_id: threadId,
      agent_name: thread.agentName,
      stop_reason: endTurn,
      stop_details: null,
    })
  }
  const unknown = Object.keys(state.openTools).filter((id) => !state.awaitingApproval.includes(id))
  if (unknown.length > 0) drafts.push({ ...stamp(), type: 'perdure.tool_results_unknown', tool_use_event_ids: unknown })
  return drafts
}
