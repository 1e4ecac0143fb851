import type { EventId } from '../../domain/ids.ts'
import type { EventDraft, PreviewEvent } from '../../domain/session-event.ts'
import type { Clock } from '../../ports/clock.ts'
import type { AgentPreviews } from './agent-previews.ts'
import type { CompactionBracket } from './compaction-bracket.ts'
import type { JoinOutput } from './join-output.ts'
import type { JoinThread, ThreadTable } from './join-thread.ts'
import type { SpanTable } from './span-table.ts'
import type { ToolCalls } from './tool-calls.ts'

/** Everything the join knows at one moment, and its way out. */
export interface JoinState {
  readonly clock: Clock
  readonly timeoutMs: number
  readonly hasGateway: boolean
  readonly newEventId: () => EventId
  readonly emit: (output: JoinOutput) => void
  readonly threads: ThreadTable
  readonly spans: SpanTable
  readonly calls: ToolCalls
  readonly compaction: CompactionBracket
  readonly agentPreviews: AgentPreviews
  /** Threads that hold anything; all others cost nothing. */
  readonly busy: Set<JoinThread>
  /** Threads to move on before the input at hand is done. */
  readonly woken: JoinThread[]
  /** Monotonic time of the input at hand. */
  nowMs: number
  /** The agent is gone: nothing is waited for any more. */
  ending: boolean
}

/** A wait is over: log it anyway. */
export const isOverdue = (state: JoinState, sinceMs: number): boolean =>
  state.ending || state.nowMs - sinceMs >= state.timeoutMs

/** The two fields that every event has. */
export const stamp = (state: JoinState, id: EventId = state.newEventId()): { id: EventId; processed_at: string } => ({
  id,
  processed_at: state.clock.now().toISOString(),
})

export function logEvent(state: JoinState, thread: JoinThread, event: EventDraft): void {
  state.emit({ kind: 'event', event: markThread(thread, event) })
}

export function sendPreview(state: JoinState, thread: JoinThread, event: PreviewEvent): void {
  state.emit({ kind: 'preview', event: markThread(thread, event) })
}

const markThread = <Event extends object>(thread: JoinThread, event: Event): Event =>
  thread.agentId === null ? event : { ...event, session_thread_id: thread.id }
