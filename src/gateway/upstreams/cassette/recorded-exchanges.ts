import { PerdureError } from '../../../errors/perdure-error.ts'
import type { ExchangeLine } from '../../cassette/cassette-schema.ts'
import { sortOfName, threadIdOf, threadSortOf } from '../../cassette/exchange-threads.ts'
import { renormalisedKey, type UserRule } from '../../cassette/normalise/normalise-request.ts'
import type { Cassette } from '../../cassette/read-cassette.ts'
import type { ExchangeRequest } from '../../cassette/read-exchange-request.ts'
import { describeDifferences, differencesOf } from './describe-difference.ts'

/**
 * `in-order`: the nth request of a thread must be the nth that was recorded of it. `any-order`: each request gets
 * the first answer to such a request that was not given yet.
 */
export type MatchMode = 'in-order' | 'any-order'

interface Thread {
  readonly name: string
  readonly exchanges: readonly ExchangeLine[]
  position: number
}

export interface RecordedExchangesOptions {
  readonly match: MatchMode
  readonly rules: readonly UserRule[]
  /** What is compared of a request's value. Default: all of it. */
  readonly comparable?: ((value: unknown) => unknown) | undefined
}

/** The exchanges of a cassette, each given out once. */
export class RecordedExchanges {
  readonly #cassette: Cassette
  readonly #options: RecordedExchangesOptions
  readonly #threads: readonly Thread[]
  /** Threads of this run and the recorded ones they are. */
  readonly #claimed = new Map<string, Thread>()
  readonly #played = new Set<ExchangeLine>()

  constructor(cassette: Cassette, options: RecordedExchangesOptions) {
    this.#cassette = cassette
    this.#options = options
    const byThread = Map.groupBy(cassette.exchanges, ({ thread }) => thread)
    this.#threads = byThread
      .entries()
      .map(([name, exchanges]) => ({ name, exchanges, position: 0 }))
      .toArray()
  }

  get playedCount(): number {
    return this.#played.size
  }

  get unplayed(): readonly ExchangeLine[] {
    return this.#cassette.exchanges.filter((exchange) => !this.#played.has(exchange))
  }

  /** The recorded exchange of this request. @throws {PerdureError} `replay_diverged`, with what differs. */
  take(request: ExchangeRequest): ExchangeLine {
    const exchange = this.#options.match === 'any-order' ? this.#anywhere(request) : this.#next(request)
    this.#played.add(exchange)
    return exchange
  }

  #next(request: ExchangeRequest): ExchangeLine {
    const thread = this.#threadOf(request)
    const exchange = thread.exchanges[thread.position]
    if (exchange === undefined) throw this.#extra(thread, request)
    if (!this.#fits(exchange, request)) throw this.#other(exchange, request)
    thread.position += 1
    return exchange
  }

  #threadOf(request: ExchangeRequest): Thread {
    const id = threadIdOf(request)
    const known = this.#claimed.get(id)
    if (known !== undefined) return known
    const claimed = new Set(this.#claimed.values())
    const free = this.#threads.filter(
      (thread) => !claimed.has(thread) && sortOfName(thread.name) === threadSortOf(request),
    )
    const thread = free.find(({ exchanges: [first] }) => first !== undefined && this.#fits(first, request))
    if (thread === undefined)
      throw this.#unknown(
        free.flatMap(({ exchanges }) => exchanges.slice(0, 1)),
        request,
      )
    this.#claimed.set(id, thread)
    return thread
  }

  #anywhere(request: ExchangeRequest): ExchangeLine {
    const { unplayed } = this
    const exchange = unplayed.find((candidate) => this.#fits(candidate, request))
    if (exchange !== undefined) return exchange
    const sort = threadSortOf(request)
    throw this.#unknown(
      unplayed.filter(({ thread }) => sortOfName(thread) === sort),
      request,
    )
  }

  #fits(exchange: ExchangeLine, request: ExchangeRequest): boolean {
    if (exchange.key === request.key) return true
    if (exchange.request !== request.line || exchange.body === null) return false
    const { rules } = this.#options
    return renormalisedKey(this.#valueOf(exchange), rules) === renormalisedKey(this.#asked(request), rules)
  }

  #valueOf({ body }: ExchangeLine): unknown {
    const value = body === null ? null : this.#cassette.value(body)
    return this.#options.comparable?.(value) ?? value
  }

  #asked({ value }: ExchangeRequest): unknown {
    return this.#options.comparable?.(value) ?? value
  }

  #other(exchange: ExchangeLine, request: ExchangeRequest): PerdureError {
    const { thread, index } = exchange
    const difference =
      exchange.request === request.line
        ? describeDifferences(this.#valueOf(exchange), this.#asked(request))
        : `    - ${exchange.request}\n    + ${request.line}`
    return this.#diverged(`request ${index} of ${thread} is not the recorded one.`, { difference, exchange })
  }

  #extra({ name, exchanges }: Thread, request: ExchangeRequest): PerdureError {
    const last = exchanges.at(-1)
    const what = `${name} asks once more, after all of its ${exchanges.length} recorded requests.`
    if (last === undefined) return this.#diverged(what, {})
    const difference = `  Since the last of them:\n${describeDifferences(this.#valueOf(last), this.#asked(request))}`
    return this.#diverged(what, { difference, exchange: last })
  }

  /** No recording begins like this request: shown beside the one that is most like it. */
  #unknown(candidates: readonly ExchangeLine[], request: ExchangeRequest): PerdureError {
    const [nearest] = candidates
      .filter(({ request: line }) => line === request.line)
      .map((exchange) => ({ exchange, count: differencesOf(this.#valueOf(exchange), this.#asked(request)).length }))
      .toSorted((left, right) => left.count - right.count)
    if (nearest !== undefined) return this.#other(nearest.exchange, request)
    const sorts = { main: 'the conversation', agent: 'a sub-agent', side: 'a request beside the conversation' }
    const asked = `${sorts[threadSortOf(request)]} (${request.line})`
    return this.#diverged(`${asked} asks what was not recorded, or was answered already.`, {})
  }

  #diverged(what: string, { difference, exchange }: { difference?: string; exchange?: ExchangeLine }): PerdureError {
    const legend = difference === undefined ? [] : ['(-: recorded, +: now)', difference]
    const message = [`The replay diverged from ${this.#cassette.path}: ${what}`, ...legend].join('\n')
    const details = exchange === undefined ? {} : { thread: exchange.thread, index: exchange.index }
    return new PerdureError('replay_diverged', message, { details: { cassette: this.#cassette.path, ...details } })
  }
}
