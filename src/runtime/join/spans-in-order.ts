import { awaitsFinal, isClosable, type Block, type Span } from './span.ts'
import { spanEndDraft, spanStartDraft } from './span-draft.ts'
import { noteUnsaidBreak } from './endings-in-order.ts'
import { isOverdue, logEvent, sendPreview, stamp, type JoinState } from './join-state.ts'
import type { JoinThread } from './join-thread.ts'
import { previewDelta, previewStart } from './preview-event.ts'
import { contentDraft } from './content-draft.ts'
import { retryDraft } from './error-draft.ts'

/** Opens the thread's next span when the one before is closed and the results it carries are logged. */
export function openNextSpan(state: JoinState, thread: JoinThread, { force } = { force: false }): boolean {
  const next = thread.held[0]
  if (!next || thread.open) return false
  const carriesUnlogged = next.toolResultIds.some((id) => state.calls.awaitsResult(id))
  if (carriesUnlogged && !force && !isOverdue(state, next.heldSinceMs)) return false
  thread.held.shift()
  thread.open = next
  startSpan(state, thread, next)
  for (const block of next.blocks.values()) showUnseen(state, thread, block)
  return true
}

export function closeOpenSpan(state: JoinState, thread: JoinThread): boolean {
  const span = thread.open
  if (!span) return false
  const overdue = span.endHeardMs === null ? state.ending : isOverdue(state, span.endHeardMs)
  if (!isClosable(span) && !overdue) return false
  finishOpenSpan(state, thread, span)
  return true
}

/** Closes it whatever is missing; once the agent is gone also without an end of the wire. */
export function finishOpenSpan(state: JoinState, thread: JoinThread, span: Span): void {
  if (thread.agentId !== null && span.wireEnd === 'complete') takeFinalsFromWire(state, thread, span)
  thread.open = null
  noteUnsaidBreak(thread, span)
  endSpan(state, thread, span)
}

/** Requests beside the turn wait for nothing but their thread. */
export function runSideSpans(state: JoinState, thread: JoinThread): void {
  for (const span of thread.side) {
    if (span.state === 'held') startSpan(state, thread, span)
    if (span.wireEnd === null && !state.ending) continue
    thread.side.delete(span)
    endSpan(state, thread, span)
  }
}

/** Shows what the wire has of a block; nothing before its first visible character. */
export function showUnseen(state: JoinState, thread: JoinThread, block: Block): void {
  if (block.final !== null || !block.live) return
  if (block.type === 'thinking') announce(state, thread, block)
  if (block.type !== 'text' || block.blank || block.unseen === '') return
  announce(state, thread, block)
  sendPreview(state, thread, previewDelta(block.eventId, block.unseen))
  block.unseen = ''
}

function announce(state: JoinState, thread: JoinThread, block: Block): void {
  if (block.announced) return
  block.announced = true
  sendPreview(state, thread, previewStart(block.eventId, block.type === 'text' ? 'agent.message' : 'agent.thinking'))
}

function startSpan(state: JoinState, thread: JoinThread, span: Span): void {
  span.state = 'open'
  const start = stamp(state)
  span.startEventId = start.id
  logEvent(state, thread, spanStartDraft(span, start))
  sayRetries(state, thread, span)
}

/** A request that is made again says so within its span. */
export function sayRetries(state: JoinState, thread: JoinThread, span: Span): void {
  for (const retry of span.unsaidRetries.splice(0)) logEvent(state, thread, retryDraft(retry, stamp(state)))
}

function endSpan(state: JoinState, thread: JoinThread, span: Span): void {
  span.state = 'closed'
  state.spans.retire(span)
  if (span.startEventId === null) return
  logEvent(state, thread, spanEndDraft(span, { ...stamp(state), startEventId: span.startEventId }))
}

// An agent may keep the words of its sub-agents to itself; then the wire is the only witness.
function takeFinalsFromWire(state: JoinState, thread: JoinThread, span: Span): void {
  const detail = { message_id: span.messageId ?? undefined, request_id: span.requestId ?? undefined }
  for (const block of span.blocks.values()) {
    if (!awaitsFinal(block) || (block.type !== 'text' && block.type !== 'thinking')) continue
    block.final = 'wire'
    const content =
      block.type === 'text'
        ? { type: 'text' as const, text: block.text }
        : { type: 'thinking' as const, thinking: block.text, signature: '' }
    logEvent(state, thread, contentDraft(content, { stamp: stamp(state, block.eventId), detail }))
  }
}
