import type { SessionStreamEvent } from '../domain/session-event.ts'
import type { SessionWriter } from './session-writer.ts'

/** The agent tells of a call within some hundredths of a second of asking whether it may happen. */
const longestUntilToldMs = 2_000

/**
 * Which tool calls stand in the log. A call happens only then: of one that nobody wrote down, nobody could say after a
 * crash that its result is unknown, and it would be done again.
 */
export class LoggedCalls {
  readonly #logged = new Set<string>()
  readonly #waiting = new Map<string, () => void>()
  readonly #writer = Promise.withResolvers<Pick<SessionWriter, 'flushed'>>()

  /** The log of the run is open. */
  writeTo(writer: Pick<SessionWriter, 'flushed'>): void {
    this.#writer.resolve(writer)
  }

  /** This event is durable. */
  note(event: SessionStreamEvent): void {
    if (event.type !== 'agent.tool_use' && event.type !== 'agent.mcp_tool_use') return
    const toolUseId = event.perdure?.tool_use_id
    if (toolUseId == null) return
    this.#logged.add(toolUseId)
    this.#waiting.get(toolUseId)?.()
  }

  /** Resolves once the call stands there, however long the storage takes; never, when the log cannot be written any more. */
  async whenLogged(toolUseId: string): Promise<void> {
    if (this.#logged.has(toolUseId)) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, longestUntilToldMs)
    this.#waiting.set(toolUseId, resolve)
    await promise
    clearTimeout(timer)
    this.#waiting.delete(toolUseId)
    if (this.#logged.has(toolUseId)) return
    const writer = await this.#writer.promise
    // The run ends for it, and its agent with it.
    await writer.flushed().catch(() => new Promise(() => {}))
  }
}
