import type { SessionStreamEvent } from '../../domain/session-event.ts'

/** What sub-agents are called on the screen: their agent's name, and a number where two have the same. */
export class ThreadNames {
  readonly #names = new Map<string, string>()

  see(event: SessionStreamEvent): void {
    if (event.type !== 'session.thread_created' || this.#names.has(event.session_thread_id)) return
    const alike = [...this.#names.values()].filter((name) => name.replace(/ #\d+$/, '') === event.agent_name).length
    this.#names.set(event.session_thread_id, alike === 0 ? event.agent_name : `${event.agent_name} #${alike + 1}`)
  }

  /** Null for the main thread. */
  of({ session_thread_id: threadId }: SessionStreamEvent): string | null {
    return threadId == null ? null : (this.#names.get(threadId) ?? 'sub-agent')
  }
}
