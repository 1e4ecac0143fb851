import type { ThreadEndedReport, ThreadPromptReport, ThreadStartedReport } from '../../ports/agent-report.ts'
import { eventDetailOf } from './event-detail-of.ts'
import { logEvent, stamp, type JoinState } from './join-state.ts'
import type { JoinThread } from './join-thread.ts'

/** Logs a sub-agent's beginning, or that it goes on. */
export function startThread(state: JoinState, report: ThreadStartedReport): void {
  const thread = state.threads.get(report.thread)
  thread.agentName = report.agentName
  if (!thread.created) thread.parentAgentId = report.parentThread
  createThread(state, thread)
  runThread(state, thread)
  state.woken.push(thread)
}

/** Also used for a thread whose beginning the agent never reported. */
export function createThread(state: JoinState, thread: JoinThread): void {
  if (thread.created) return
  thread.created = true
  logEvent(state, thread, {
    type: 'session.thread_created',
    ...stamp(state),
    session_thread_id: thread.id,
    agent_name: thread.agentName,
    workflow_run_id: null,
    ...eventDetailOf({ agent_id: thread.agentId ?? undefined }),
  })
}

function runThread(state: JoinState, thread: JoinThread): void {
  if (thread.running) return
  thread.running = true
  logEvent(state, thread, {
    type: 'session.thread_status_running',
    ...stamp(state),
    session_thread_id: thread.id,
    agent_name: thread.agentName,
  })
}

export function idleThread(state: JoinState, thread: JoinThread, status: ThreadEndedReport['status']): void {
  if (!thread.running) return
  thread.running = false
  logEvent(state, thread, {
    type: 'session.thread_status_idle',
    ...stamp(state),
    session_thread_id: thread.id,
    agent_name: thread.agentName,
    stop_reason: { type: status === 'failed' ? 'retries_exhausted' : 'end_turn' },
    stop_details: null,
  })
}

export function logPrompt(state: JoinState, thread: JoinThread, report: ThreadPromptReport): void {
  const parent = state.threads.get(thread.parentAgentId)
  logEvent(state, thread, {
    type: 'agent.thread_message_received',
    ...stamp(state),
    from_session_thread_id: parent.id,
    from_agent_name: parent.agentId === null ? null : parent.agentName,
    content: [{ type: 'text', text: report.text }],
    ...eventDetailOf({ sdk_uuid: report.uuid }),
  })
}
