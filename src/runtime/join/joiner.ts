import type { EventId, ThreadId } from '../../domain/ids.ts'
import type { AgentReport } from '../../ports/agent-report.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ModelObservation } from '../../ports/model-observation.ts'
import { advance } from './advance.ts'
import { AgentPreviews } from './agent-previews.ts'
import { CompactionBracket } from './compaction-bracket.ts'
import type { JoinOutput } from './join-output.ts'
import type { JoinState } from './join-state.ts'
import { ThreadTable, waitingSinceMs, type KnownThread } from './join-thread.ts'
import { newSpan, noteObservation, type Span, type SpanObservation } from './span.ts'
import { SpanTable } from './span-table.ts'
import { sayRetries, showUnseen } from './spans-in-order.ts'
import { idleThread } from './threads-in-order.ts'
import { ToolCalls, type LoggedToolCall } from './tool-calls.ts'

/** Longer than the agent ever lags behind the wire (0.5 s on a busy machine): then nothing is torn apart. */
const defaultTimeoutMs = 2000

export interface JoinerOptions {
  readonly clock: Clock
  readonly newEventId: () => EventId
  /** Id of the main thread, as sub-agents see it: the sender of their prompts. */
  readonly mainThreadId: ThreadId
  /** False when the agent does not speak through our gateway: previews are its own, and there are no spans. */
  readonly hasGateway: boolean
  /** Receives everything in order, at once. It must not throw, and must not call the joiner's inputs. */
  readonly emit: (output: JoinOutput) => void
  /** How long one source may wait for the other before its word is logged alone. */
  readonly timeoutMs?: number
  /** Of a resumed session: its sub-agents, and its tool calls that have no result yet. */
  readonly known?: {
    readonly threads?: Iterable<KnownThread>
    readonly toolCalls?: ReadonlyMap<string, LoggedToolCall>
  }
}

/**
 * Two sources, one order: what the gateway saw on the wire and what the agent reported become one
 * sequence of events per thread, whichever was faster. Nothing is lost or doubled: what cannot be
 * joined in time is logged where it stands, marked `unjoined`.
 */
export class Joiner {
  readonly #state: JoinState

  constructor(options: JoinerOptions) {
    this.#state = {
      clock: options.clock,
      timeoutMs: options.timeoutMs ?? defaultTimeoutMs,
      hasGateway: options.hasGateway,
      newEventId: options.newEventId,
      emit: options.emit,
      threads: new ThreadTable(options.mainThreadId, options.known?.threads ?? []),
      spans: new SpanTable(),
      calls: new ToolCalls(options.known?.toolCalls ?? new Map()),
      compaction: new CompactionBracket(),
      agentPreviews: new AgentPreviews(options.newEventId),
      busy: new Set(),
      woken: [],
      nowMs: options.clock.monotonicMs(),
      ending: false,
    }
  }

  /** The gateway's side. */
  observe(observation: ModelObservation): void {
    if (!this.#begin()) return
    if (observation.type === 'request') this.#observeRequest(observation)
    else this.#observeProgress(observation)
  }

  /** The agent's side. */
  report(report: AgentReport): void {
    if (!this.#begin()) return
    const { threads } = this.#state
    if (report.type === 'thread_ended' && !threads.has(report.thread)) return
    if (report.type === 'thread_started') threads.get(report.thread)
    const thread = threads.get(threadOf(report))
    thread.inbox.push({ report, arrivedMs: this.#state.nowMs })
    advance(this.#state, thread)
  }

  /** Ends the waits that have lasted too long. */
  tick(): void {
    if (!this.#begin()) return
    for (const thread of this.#state.busy) advance(this.#state, thread)
  }

  /** When `tick` is due, in the clock's monotonic milliseconds; undefined when nothing waits. */
  nextDeadlineMs(): number | undefined {
    const waits = [...this.#state.busy].map(waitingSinceMs).filter((since) => since !== undefined)
    return waits.length === 0 ? undefined : Math.min(...waits) + this.#state.timeoutMs
  }

  /** The agent is gone: logs all that waits, closes every span and ends every thread. Later calls do nothing. */
  end(): void {
    if (!this.#begin()) return
    this.#state.ending = true
    const busy = [...this.#state.busy]
    // Living threads first: their reports bring the others to life.
    for (const thread of busy.filter(({ created }) => created)) advance(this.#state, thread)
    for (const thread of busy) advance(this.#state, thread)
    for (const thread of this.#state.threads.all()) idleThread(this.#state, thread, 'stopped')
  }

  /** The event of a tool call that is logged already; approvals wait for it. */
  toolUseEventId(toolUseId: string): EventId | undefined {
    return this.#state.calls.logged(toolUseId)?.eventId
  }

  #begin(): boolean {
    this.#state.nowMs = this.#state.clock.monotonicMs()
    return !this.#state.ending
  }

  #observeRequest(observed: Extract<ModelObservation, { type: 'request' }>): void {
    const { compaction, spans, threads, nowMs } = this.#state
    const thread = threads.get(observed.thread)
    if (observed.kind === 'compaction') compaction.noteShape()
    const isSummary = observed.kind === 'turn' && observed.thread === null && compaction.isOpen
    const span = newSpan(observed, { kind: isSummary ? 'compaction' : observed.kind, nowMs })
    spans.add(span)
    if (span.kind === 'turn') thread.held.push(span)
    else thread.side.add(span)
    advance(this.#state, thread)
  }

  #observeProgress(observed: SpanObservation): void {
    const span = this.#state.spans.get(observed.request)
    if (!span || span.state === 'closed') return
    const thread = this.#state.threads.get(span.agentId)
    noteObservation(span, observed, this.#state)
    this.#index(span, observed)
    const block = 'index' in observed ? span.blocks.get(observed.index) : undefined
    if (block && thread.open === span) showUnseen(this.#state, thread, block)
    if (observed.type === 'retrying' && span.state === 'open') sayRetries(this.#state, thread, span)
    // A piece of text lets nothing else move.
    if (observed.type !== 'block_delta') advance(this.#state, thread)
  }

  #index(span: Span, observed: SpanObservation): void {
    const { spans, calls } = this.#state
    if (observed.type === 'response' || observed.type === 'message_start' || observed.type === 'message')
      spans.index(span)
    const begun = observed.type === 'message' ? observed.blocks : observed.type === 'block_start' ? [observed] : []
    for (const { toolUseId } of begun) if (toolUseId !== undefined) calls.noteSeen(toolUseId)
  }
}

/** In whose order a report stands. A sub-agent begins in the order of the thread that started it. */
function threadOf(report: AgentReport): string | null {
  if (report.type === 'thread_started') return report.parentThread
  return 'thread' in report ? report.thread : null
}
