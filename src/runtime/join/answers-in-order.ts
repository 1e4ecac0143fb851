import type { EventId } from '../../domain/ids.ts'
import type { ContentBlockReport, ToolResultReport } from '../../ports/agent-report.ts'
import { contentDraft, parseMcpToolName } from './content-draft.ts'
import { logEvent, stamp, type JoinState } from './join-state.ts'
import type { JoinThread } from './join-thread.ts'
import { matchBlock, matchWireFinal } from './match-block.ts'
import type { Block, Span } from './span.ts'
import { finishOpenSpan, openNextSpan } from './spans-in-order.ts'
import { toolResultDraft } from './tool-result-draft.ts'

export interface Attempt<Report> {
  readonly report: Report
  /** It has waited as long as anything may: log it now. */
  readonly overdue: boolean
}

/**
 * Logs a block in the span of its request, after its previews and under their id.
 * @returns False when it must still wait.
 */
export function takeContentBlock(
  state: JoinState,
  thread: JoinThread,
  { report, overdue }: Attempt<ContentBlockReport>,
): boolean {
  if (!state.hasGateway) {
    logFinal(state, thread, { report, id: state.agentPreviews.claim(report), unjoined: false })
    return true
  }
  const span = state.spans.find({ agentId: thread.agentId, requestId: report.requestId, messageId: report.messageId })
  if (span?.state === 'held' && span.kind === 'turn') bringForward(state, thread, { span, overdue })
  const block = span && span.state !== 'held' ? matchBlock(span, report) : undefined
  if (span && !block && dropsTwin(span, report)) return true
  if (span && block && isSettled({ span, block, report })) {
    block.final = 'agent'
    logFinal(state, thread, { report, id: block.eventId, unjoined: false })
    return true
  }
  if (!overdue) return false
  if (block) block.final = 'agent'
  logFinal(state, thread, { report, id: block?.eventId, unjoined: true })
  return true
}

/** The wire has said its last word on the block; of an aborted answer only the end of the wire is that. */
const isSettled = (facts: { span: Span; block: Block; report: ContentBlockReport }): boolean =>
  facts.report.aborted ? facts.span.wireEnd !== null : facts.block.complete

/** The agent speaks of the next request already: what the span before still lacks will not come. */
function bringForward(
  state: JoinState,
  thread: JoinThread,
  { span, overdue }: { readonly span: Span; readonly overdue: boolean },
): void {
  while (span.state === 'held') {
    const open = thread.open
    if (open && (open.wireEnd !== null || overdue)) finishOpenSpan(state, thread, open)
    if (!openNextSpan(state, thread, { force: overdue })) return
  }
}

/** What the wire's word stood in for comes after all: it is in the log already. */
function dropsTwin(span: Span, report: ContentBlockReport): boolean {
  const twin = matchWireFinal(span, report)
  if (twin) twin.final = 'agent'
  return twin !== undefined
}

function logFinal(
  state: JoinState,
  thread: JoinThread,
  facts: { readonly report: ContentBlockReport; readonly id: EventId | undefined; readonly unjoined: boolean },
): void {
  const { report } = facts
  const eventStamp = stamp(state, facts.id)
  const draft = contentDraft(report.block, {
    stamp: eventStamp,
    detail: {
      sdk_uuid: report.uuid,
      message_id: report.messageId,
      request_id: report.requestId ?? undefined,
      aborted: report.aborted || undefined,
      unjoined: facts.unjoined || undefined,
    },
  })
  if (report.block.type === 'tool_use') {
    const mcp = parseMcpToolName(report.block.name) !== undefined
    state.calls.noteLogged(report.block.id, { eventId: eventStamp.id, mcp })
  }
  logEvent(state, thread, draft)
}

/**
 * Logs a result after its call, once; it may stand inside the span, since tools start while the
 * answer still streams.
 * @returns False when it must still wait for its call.
 */
export function takeToolResult(
  state: JoinState,
  thread: JoinThread,
  { report, overdue }: Attempt<ToolResultReport>,
): boolean {
  if (state.calls.isAnswered(report.toolUseId)) return true
  const call = state.calls.logged(report.toolUseId)
  if (!call && !overdue) return false
  state.calls.noteAnswered(report.toolUseId)
  const detail = { sdk_uuid: report.uuid, unjoined: call ? undefined : (true as const) }
  logEvent(state, thread, toolResultDraft(report, { stamp: stamp(state), detail, call }))
  return true
}
