import type { EventId } from '../../domain/ids.ts'

export interface LoggedToolCall {
  readonly eventId: EventId
  /** The call went to an MCP server: its result has a type of its own. */
  readonly mcp: boolean
}

interface ToolCall {
  logged: LoggedToolCall | null
  /** `earlier`: of a run before this one, whose agent may never report the result. */
  state: 'earlier' | 'called' | 'answered'
}

/** The tool calls of a session by the model's id (`toolu_…`). */
export class ToolCalls {
  readonly #calls = new Map<string, ToolCall>()

  /** @param earlier Calls that the session's log holds without a result. */
  constructor(earlier: ReadonlyMap<string, LoggedToolCall>) {
    for (const [toolUseId, logged] of earlier) this.#calls.set(toolUseId, { logged, state: 'earlier' })
  }

  /** The wire has begun the call. */
  noteSeen(toolUseId: string): void {
    if (!this.#calls.has(toolUseId)) this.#calls.set(toolUseId, { logged: null, state: 'called' })
  }

  noteLogged(toolUseId: string, logged: LoggedToolCall): void {
    const call = this.#calls.get(toolUseId)
    if (call) call.logged = logged
    else this.#calls.set(toolUseId, { logged, state: 'called' })
  }

  noteAnswered(toolUseId: string): void {
    const call = this.#calls.get(toolUseId)
    if (call) call.state = 'answered'
    else this.#calls.set(toolUseId, { logged: null, state: 'answered' })
  }

  logged(toolUseId: string): LoggedToolCall | undefined {
    return this.#calls.get(toolUseId)?.logged ?? undefined
  }

  isAnswered(toolUseId: string): boolean {
    return this.#calls.get(toolUseId)?.state === 'answered'
  }

  /** A call of this run whose result is not logged yet. Calls that nobody has seen are none of ours. */
  awaitsResult(toolUseId: string): boolean {
    return this.#calls.get(toolUseId)?.state === 'called'
  }
}
