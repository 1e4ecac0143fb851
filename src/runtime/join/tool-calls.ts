import type { EventId } from '../../domain/ids.ts'

export interface LoggedToolCall {
  readonly eventId: EventId
  /** The call went to an MCP server: its result has a type of its own. */
  readonly mcp: boolean
}

/** The tool calls of a run by the model's id (`toolu_…`). */
export class ToolCalls {
  readonly #calls = new Map<string, { logged: LoggedToolCall | null; answered: boolean }>()

  /** @param known Calls that the session's log already holds without a result. */
  constructor(known: ReadonlyMap<string, LoggedToolCall>) {
    for (const [toolUseId, logged] of known) this.#calls.set(toolUseId, { logged, answered: false })
  }

  /** The wire has begun the call. */
  noteSeen(toolUseId: string): void {
    if (!this.#calls.has(toolUseId)) this.#calls.set(toolUseId, { logged: null, answered: false })
  }

  noteLogged(toolUseId: string, logged: LoggedToolCall): void {
    this.#calls.set(toolUseId, { logged, answered: this.isAnswered(toolUseId) })
  }

  noteAnswered(toolUseId: string): void {
    this.#calls.set(toolUseId, { logged: this.logged(toolUseId) ?? null, answered: true })
  }

  logged(toolUseId: string): LoggedToolCall | undefined {
    return this.#calls.get(toolUseId)?.logged ?? undefined
  }

  isAnswered(toolUseId: string): boolean {
    return this.#calls.get(toolUseId)?.answered ?? false
  }

  /** A call of this run whose result is not logged yet. Calls that nobody has seen are none of ours. */
  awaitsResult(toolUseId: string): boolean {
    return this.#calls.get(toolUseId)?.answered === false
  }
}
