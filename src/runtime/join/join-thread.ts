import { newThreadId, type ThreadId } from '../../domain/ids.ts'
import type { AgentReport } from '../../ports/agent-report.ts'
import type { Span } from './span.ts'

/** The main conversation or one sub-agent, with all that waits for its place in the order. */
export interface JoinThread {
  /** The agent's own name for it; null: the main thread. */
  readonly agentId: string | null
  readonly id: ThreadId
  agentName: string
  /** Who started it; null: the main thread. */
  parentAgentId: string | null
  /** Its `session.thread_created` is logged; until then everything of it waits. */
  created: boolean
  running: boolean
  /** Turn requests that wait for the span before them or for the results they carry. */
  readonly held: Span[]
  /** At most one turn span is open in a thread. */
  open: Span | null
  /** Requests that never appear among the agent's messages: they run beside the turn. */
  readonly side: Set<Span>
  /** What the agent reported, in its order. */
  readonly inbox: WaitingReport[]
  /**
   * The agent's last word was that a request failed or was interrupted. The failed result that follows
   * says nothing more, least of all of the next turn's request, which may have begun before it is heard.
   */
  failureSaid: boolean
  /**
   * A broken span closed because nothing of it was missing. The agent's word on it is still to come,
   * and is not about the span that is open by then.
   */
  wordDue: boolean
}

export interface WaitingReport {
  readonly report: AgentReport
  readonly arrivedMs: number
}

export interface KnownThread {
  readonly agentId: string
  readonly threadId: ThreadId
  readonly agentName: string
}

/** The threads of a session by agent id: a sub-agent that goes on later keeps its thread. */
export class ThreadTable {
  readonly main: JoinThread
  readonly #byAgentId = new Map<string, JoinThread>()

  constructor(mainThreadId: ThreadId, known: Iterable<KnownThread>) {
    this.main = newThread(null, mainThreadId)
    this.main.created = true
    for (const { agentId, threadId, agentName } of known) {
      this.#byAgentId.set(agentId, { ...newThread(agentId, threadId), agentName, created: true })
    }
  }

  get(agentId: string | null): JoinThread {
    if (agentId === null) return this.main
    const known = this.#byAgentId.get(agentId)
    if (known) return known
    const thread = newThread(agentId, newThreadId())
    this.#byAgentId.set(agentId, thread)
    return thread
  }

  has(agentId: string): boolean {
    return this.#byAgentId.has(agentId)
  }

  all(): JoinThread[] {
    return [this.main, ...this.#byAgentId.values()]
  }
}

const newThread = (agentId: string | null, id: ThreadId): JoinThread => ({
  agentId,
  id,
  agentName: 'unknown',
  parentAgentId: null,
  created: false,
  running: false,
  held: [],
  open: null,
  side: new Set(),
  inbox: [],
  failureSaid: false,
  wordDue: false,
})

export const hasWork = (thread: JoinThread): boolean =>
  thread.inbox.length > 0 || thread.held.length > 0 || thread.open !== null || thread.side.size > 0

/** Since when the thread's longest wait has lasted; undefined while it waits for nothing but the model. */
export function waitingSinceMs(thread: JoinThread): number | undefined {
  const waits: number[] = []
  const report = thread.inbox[0]
  if (report) waits.push(report.arrivedMs)
  const held = thread.held[0]
  if (held && thread.open === null) waits.push(held.heldSinceMs)
  if (thread.open && thread.open.endHeardMs !== null) waits.push(thread.open.endHeardMs)
  if (!thread.created) for (const span of thread.side) waits.push(span.heldSinceMs)
  return waits.length === 0 ? undefined : Math.min(...waits)
}
