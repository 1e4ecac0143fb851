import { isOverdue, type JoinState } from './join-state.ts'
import { hasWork, waitingSinceMs, type JoinThread } from './join-thread.ts'
import { closeOpenSpan, openNextSpan, runSideSpans } from './spans-in-order.ts'
import { takeReport } from './take-report.ts'
import { createThread } from './threads-in-order.ts'

/** Moves a thread on, and those that it brings to life, until nothing more can be said now. */
export function advance(state: JoinState, thread: JoinThread): void {
  state.woken.push(thread)
  for (let next = state.woken.pop(); next; next = state.woken.pop()) {
    advanceOne(state, next)
    if (hasWork(next)) state.busy.add(next)
    else state.busy.delete(next)
  }
}

function advanceOne(state: JoinState, thread: JoinThread): void {
  if (!thread.created) {
    const since = waitingSinceMs(thread)
    if (since === undefined || !isOverdue(state, since)) return
    createThread(state, thread)
  }
  runSideSpans(state, thread)
  while (takeReport(state, thread) || closeOpenSpan(state, thread) || openNextSpan(state, thread)) {
    // Each step may allow the next.
  }
}
