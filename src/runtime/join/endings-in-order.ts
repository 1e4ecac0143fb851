import type { TurnEndedReport } from '../../ports/agent-report.ts'
import type { JoinThread } from './join-thread.ts'
import { endedBadly, type Span } from './span.ts'

/** Notes, as a span closes, that the agent has yet to say why it broke off. */
export function noteUnsaidBreak(thread: JoinThread, span: Span): void {
  if (!span.released && endedBadly(span) && hasFinals(span)) thread.wordDue = true
}

/** True when this word is about the broken span before the open one. */
export function takeDueWord(thread: JoinThread): boolean {
  const wasDue = thread.wordDue
  thread.wordDue = false
  return wasDue
}

/**
 * The agent's word on a request that broke off: it kept what it kept, and goes on.
 * @returns False while the end of the wire is still to come, so that the word keeps its place after it.
 */
export function settleBrokenSpan(thread: JoinThread, { overdue }: { overdue: boolean }): boolean {
  const span = thread.open
  if (!span) return true
  if (span.wireEnd === null) return overdue
  if (endedBadly(span)) span.released = true
  return true
}

/** A sub-agent is done: its open span closes, also where the agent kept the words to itself. */
export function settleLastSpan(thread: JoinThread, { overdue }: { overdue: boolean }): boolean {
  const span = thread.open
  if (!span) return true
  if (span.wireEnd === null) return overdue
  span.released = true
  return true
}

/** A result. Only a failed one speaks of a broken request, and only where nothing else has spoken of it. */
export function settleTurn(
  thread: JoinThread,
  { report, overdue }: { report: TurnEndedReport; overdue: boolean },
): boolean {
  if (thread.failureSaid) {
    thread.failureSaid = false
    return true
  }
  const span = thread.open
  if (!span) return true
  if (span.wireEnd === null) return overdue || !(report.isError || hasFinals(span))
  if (endedBadly(span) && (report.isError || wasAborted(report))) span.released = true
  return true
}

const hasFinals = (span: Span): boolean => span.blocks.values().some((block) => block.final !== null)

const wasAborted = (report: TurnEndedReport): boolean => report.terminalReason?.startsWith('aborted') ?? false
