import { setTimeout as delay } from 'node:timers/promises'
import { PerdureError } from '../../../errors/perdure-error.ts'
import type { LeaseOwner } from '../../../ports/lease.ts'
import type { KeepBooks, KeepBooksOptions } from '../../ledger/book-ledger.ts'
import { LedgerBooks } from '../../ledger/ledger-books.ts'
import type { RedisWorkspace } from '../redis-workspace.ts'
import { RedisLedgerPages } from './ledger-pages.ts'
import { PageCache, PageMissing } from './page-cache.ts'

const longestPauseMs = 50
/** Bounds how much of the books one commit compares. */
const rulesPerCommit = 64

interface WaitingRule {
  readonly rule: (books: LedgerBooks) => unknown
  readonly options: KeepBooksOptions
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

type Outcome = { readonly result: unknown } | { readonly error: unknown }

/**
 * Keeps the books of one organization in Redis, where others keep them too: the rules run here, on what was read, and what
 * they write is set if nothing that they saw has changed; otherwise they run again. Rules that wait at the same time are
 * kept by one commit.
 */
export class RedisBooks {
  readonly #books: RedisWorkspace
  readonly #options: { readonly isOwnerGone: (owner: LeaseOwner) => boolean; readonly busyTimeoutMs: number }
  #waiting: WaitingRule[] = []
  readonly #underWay = new Set<Promise<void>>()
  #isDraining = false

  constructor(books: RedisWorkspace, options: { isOwnerGone: (owner: LeaseOwner) => boolean; busyTimeoutMs: number }) {
    this.#books = books
    this.#options = options
  }

  readonly keep: KeepBooks = <Result>(rule: (books: LedgerBooks) => Result, options: KeepBooksOptions = {}) =>
    new Promise<Result>((resolve, reject) => {
      const waiting: WaitingRule = { rule, options, resolve: resolve as (result: unknown) => void, reject }
      if (options.isLong === true) return this.#begin(this.#settle([waiting]))
      this.#waiting.push(waiting)
      if (!this.#isDraining) this.#begin(this.#drain())
    })

  /** Resolves when no rule is under way. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
  }

  #begin(work: Promise<void>): void {
    this.#underWay.add(work)
    void work.finally(() => this.#underWay.delete(work))
  }

  async #drain(): Promise<void> {
    this.#isDraining = true
    while (this.#waiting.length > 0) await this.#settle(this.#waiting.splice(0, rulesPerCommit))
    this.#isDraining = false
  }

  async #settle(group: readonly WaitingRule[]): Promise<void> {
    try {
      const outcomes = await this.#keepAll(group)
      for (const [index, { resolve, reject }] of group.entries()) {
        const outcome = outcomes[index]!
        if ('error' in outcome) reject(outcome.error)
        else resolve(outcome.result)
      }
    } catch (error) {
      for (const { reject } of group) reject(error)
    }
  }

  async #keepAll(group: readonly WaitingRule[]): Promise<Outcome[]> {
    const cache = new PageCache(this.#books)
    const pages = new RedisLedgerPages(cache)
    const books = new LedgerBooks(pages, this.#options.isOwnerGone)
    const isExact = group.some(({ options }) => options.isExact === true)
    for (const { options } of group) if (options.foreseen) pages.foresee(options.foreseen)
    const startedAt = performance.now()
    await cache.read({ isAgain: false })
    for (let tried = 0; ;) {
      const outcomes = group.map(({ rule }) => attempt(cache, () => rule(books)))
      if (!outcomes.includes('missing')) {
        if (!(isExact && cache.isTorn) && (await cache.commit({ isExact }))) return outcomes as Outcome[]
        if (performance.now() - startedAt > this.#options.busyTimeoutMs) throw tooManyWriters()
        await delay(Math.random() * Math.min(2 ** tried++, longestPauseMs))
        await cache.read({ isAgain: true })
      } else await cache.read({ isAgain: false })
    }
  }
}

function attempt(cache: PageCache, rule: () => unknown): Outcome | 'missing' {
  try {
    return { result: cache.attempt(rule) }
  } catch (error) {
    return error instanceof PageMissing ? 'missing' : { error }
  }
}

const tooManyWriters = (): PerdureError =>
  new PerdureError('storage_busy', 'too many processes write the ledger of this organization', {
    hint: 'Others write the same; try again.',
  })
