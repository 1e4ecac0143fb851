import type { ExchangeRequest } from './read-exchange-request.ts'

export type ThreadSort = 'main' | 'agent' | 'side'
type Asking = Pick<ExchangeRequest, 'kind' | 'agentId' | 'sessionId' | 'key'>

/** What makes requests of a run one thread. Requests beside the conversation are each a thread of its own. */
export const threadIdOf = ({ kind, agentId, sessionId, key }: Asking): string =>
  kind === 'side' ? `side ${key}` : `${sessionId} ${agentId ?? ''}`

export const threadSortOf = ({ kind, agentId }: Asking): ThreadSort =>
  kind === 'side' ? 'side' : agentId === null ? 'main' : 'agent'

export const sortOfName = (name: string): ThreadSort => name.split('-')[0] as ThreadSort

/**
 * Names the threads of a recording: `main`, and by what was asked first where ids and order are chance, so that
 * another recording of the same run has the same names.
 */
export class ExchangeThreads {
  readonly #names = new Map<string, string>()
  readonly #counts = new Map<string, number>()

  /** Where the next request of its thread belongs. */
  place(request: Asking): { readonly thread: string; readonly index: number } {
    const id = threadIdOf(request)
    const thread = this.#names.get(id) ?? this.#name(request)
    this.#names.set(id, thread)
    const index = (this.#counts.get(thread) ?? 0) + 1
    this.#counts.set(thread, index)
    return { thread, index }
  }

  nameOf(sessionId: string | null, agentId: string | null): string {
    const id = `${sessionId ?? ''} ${agentId ?? ''}`
    return this.#names.get(id) ?? 'main'
  }

  #name(request: Asking): string {
    const sort = threadSortOf(request)
    const name = sort === 'main' ? sort : `${sort}-${request.key.slice(0, 8)}`
    const taken = new Set(this.#names.values())
    if (!taken.has(name)) return name
    let number = 2
    while (taken.has(`${name}-${number}`)) number += 1
    return `${name}-${number}`
  }
}
