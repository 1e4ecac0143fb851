import type {
  AgentReport,
  CompactionReport,
  HarnessMessageReport,
  ModelErrorReport,
  ThreadEndedReport,
} from '../../ports/agent-report.ts'
import { takeContentBlock, takeToolResult, type Attempt } from './answers-in-order.ts'
import { settleBrokenSpan, settleLastSpan, settleTurn, takeDueWord } from './endings-in-order.ts'
import { errorDraft, retryDraft } from './error-draft.ts'
import { isOverdue, logEvent, sendPreview, stamp, type JoinState } from './join-state.ts'
import type { JoinThread } from './join-thread.ts'
import { noticeDraft } from './notice-draft.ts'
import { closeOpenSpan } from './spans-in-order.ts'
import { idleThread, logPrompt, startThread } from './threads-in-order.ts'

/**
 * Takes the thread's oldest report if its time has come.
 * @returns False when there is none, or when it must wait.
 */
export function takeReport(state: JoinState, thread: JoinThread): boolean {
  const waiting = thread.inbox[0]
  if (!waiting) return false
  const overdue = isOverdue(state, waiting.arrivedMs)
  if (!tryReport(state, thread, { report: waiting.report, overdue })) return false
  thread.inbox.shift()
  return true
}

function tryReport(state: JoinState, thread: JoinThread, { report, overdue }: Attempt<AgentReport>): boolean {
  switch (report.type) {
    case 'content_block':
      if (!takeContentBlock(state, thread, { report, overdue })) return false
      thread.failureSaid = false
      thread.wordDue = false
      return true
    case 'tool_result':
      return takeToolResult(state, thread, { report, overdue })
    case 'model_error':
      return takeModelError(state, thread, { report, overdue })
    case 'harness_message':
      return takeHarnessMessage(state, thread, { report, overdue })
    case 'interruption':
      return takeInterruption(state, thread, { overdue })
    case 'thread_started':
      startThread(state, report)
      return true
    case 'thread_ended':
      return takeThreadEnd(state, thread, { report, overdue })
    case 'thread_prompt':
      logPrompt(state, thread, report)
      return true
    case 'turn_ended':
      if (!settleTurn(thread, { report, overdue })) return false
      closeOpenSpan(state, thread)
      state.emit({ kind: 'report', report })
      return true
    case 'agent_started':
    case 'input_state':
      state.emit({ kind: 'report', report })
      return true
    case 'compaction':
      takeCompaction(state, report)
      return true
    case 'preview':
      if (state.hasGateway) return true
      for (const event of state.agentPreviews.take(report)) sendPreview(state, thread, event)
      return true
    case 'retrying':
      logEvent(state, thread, retryDraft(report, stamp(state)))
      return true
    case 'local_output':
    case 'model_fallback':
    case 'permission_denied':
    case 'notice':
      logEvent(state, thread, noticeDraft(report, { stamp: stamp(state), calls: state.calls }))
      return true
  }
}

/** The failure stands after the span that failed; the agent may name one that is closed already. */
function takeModelError(state: JoinState, thread: JoinThread, { report, overdue }: Attempt<ModelErrorReport>): boolean {
  const isAboutClosed =
    report.requestId === null ? takeDueWord(thread) : state.spans.byRequestId(report.requestId)?.state === 'closed'
  if (!isAboutClosed) {
    if (!settleBrokenSpan(thread, { overdue })) return false
    closeOpenSpan(state, thread)
  }
  thread.failureSaid = true
  logEvent(state, thread, errorDraft(report, stamp(state)))
  return true
}

/** A message of the harness stands before the request that carries it, else after the one that caused it. */
function takeHarnessMessage(
  state: JoinState,
  thread: JoinThread,
  { report, overdue }: Attempt<HarnessMessageReport>,
): boolean {
  const isCarried = report.text !== '' && (thread.open?.tailText.includes(report.text) ?? false)
  if (!takeDueWord(thread) && !isCarried) {
    if (!settleBrokenSpan(thread, { overdue })) return false
    closeOpenSpan(state, thread)
  }
  logEvent(state, thread, noticeDraft(report, { stamp: stamp(state), calls: state.calls }))
  return true
}

function takeInterruption(state: JoinState, thread: JoinThread, { overdue }: { readonly overdue: boolean }): boolean {
  if (!settleBrokenSpan(thread, { overdue })) return false
  thread.failureSaid = true
  closeOpenSpan(state, thread)
  return true
}

function takeThreadEnd(state: JoinState, thread: JoinThread, { report, overdue }: Attempt<ThreadEndedReport>): boolean {
  if (!settleLastSpan(thread, { overdue })) return false
  closeOpenSpan(state, thread)
  idleThread(state, thread, report.status)
  return true
}

function takeCompaction(state: JoinState, report: CompactionReport): void {
  if (report.phase === 'started') state.compaction.noteStarted()
  if (report.phase === 'ended') state.compaction.noteEnded()
  if (report.phase !== 'done') return
  logEvent(state, state.threads.main, { type: 'agent.thread_context_compacted', ...stamp(state) })
}
