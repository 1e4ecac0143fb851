import type { BudgetKey, BudgetState } from '../../domain/budget.ts'
import type { ReserveAnswer } from '../../ports/ledger.ts'
import type { UpstreamNotice } from '../../ports/upstream-notice.ts'
import { announceWaiting } from '../traffic/announced-wait.ts'

export type SettledReserve = Exclude<ReserveAnswer, { status: 'busy' }>

/** Others hold what a call needs, or wait for it too. */
export interface Queued {
  /** The budget that had no room when it was asked last; null before it was asked. */
  readonly busy: BudgetState | null
  readonly waitedMs: number
}

export interface LineRequest {
  /** Names of the hard budgets above the call. */
  readonly budgets: readonly string[]
  /** Names the budget of an answer. */
  readonly nameOf: (budget: BudgetKey) => string
  /** Asks the ledger; null as long as nobody is in the way. */
  readonly ask: (queued: Queued | null) => Promise<ReserveAnswer>
  readonly signal: AbortSignal
  readonly notify?: (notice: UpstreamNotice) => void
}

/**
 * Calls that wait because others hold what they need. Within this process the first come is the first served, and
 * whatever is settled wakes the first of its line; other processes give no sign, so the first also asks
 * again by itself.
 */
export class ReservationLine {
  readonly #lines = new Map<string, Waiter[]>()

  /** @throws the signal's reason once it is aborted; what `ask` throws. */
  async reserve(request: LineRequest): Promise<SettledReserve> {
    const { ask, budgets, nameOf, signal } = request
    signal.throwIfAborted()
    let busy: BudgetState | null = null
    let line = budgets.find((name) => this.#lines.has(name))
    if (line === undefined) {
      let answer = await ask(null)
      if (answer.status === 'busy') answer = await ask({ busy: answer.budget, waitedMs: 0 })
      if (answer.status !== 'busy') return answer
      busy = answer.budget
      line = nameOf(busy)
    }
    const stop = announceWaiting(request, () => ({ reason: 'budget', delayMs: null }))
    try {
      return await this.#wait(request, { busy, line })
    } finally {
      stop()
    }
  }

  /** Something was given back. */
  wake(budgets: readonly string[]): void {
    for (const name of budgets) this.#lines.get(name)?.[0]?.wake()
  }

  async #wait(
    { ask, nameOf, signal }: LineRequest,
    from: { readonly busy: BudgetState | null; readonly line: string },
  ): Promise<SettledReserve> {
    const sinceMs = performance.now()
    let { busy, line } = from
    for (;;) {
      const waiter = new Waiter(signal)
      const joined = line
      this.#join(joined, waiter)
      try {
        for (let turn = 0; line === joined; turn += 1) {
          await waiter.turn(turn)
          const answer = await ask({ busy, waitedMs: performance.now() - sinceMs })
          if (answer.status !== 'busy') return answer
          busy = answer.budget
          line = nameOf(busy)
        }
      } finally {
        this.#leave(joined, waiter)
      }
    }
  }

  #join(line: string, waiter: Waiter): void {
    const waiting = this.#lines.get(line)
    if (waiting === undefined) {
      this.#lines.set(line, [waiter])
      waiter.becomeFirst()
    } else waiting.push(waiter)
  }

  #leave(line: string, waiter: Waiter): void {
    const waiting = this.#lines.get(line)
    const index = waiting?.indexOf(waiter) ?? -1
    if (waiting === undefined || index < 0) return
    waiting.splice(index, 1)
    if (waiting.length === 0) this.#lines.delete(line)
    else if (index === 0) waiting[0]!.becomeFirst()
  }
}

const firstPollMs = 50
const longestPollMs = 1_000

class Waiter {
  readonly #signal: AbortSignal
  #isFirst = false
  #isWoken = false
  #go: (() => void) | null = null

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  becomeFirst(): void {
    this.#isFirst = true
    this.wake()
  }

  wake(): void {
    this.#isWoken = true
    this.#go?.()
  }

  /** Resolves when it makes sense to ask. Only the first of a line asks, and by itself the seldomer the longer it waits. */
  async turn(turns: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const abort = (): void => reject(this.#signal.reason)
    if (this.#signal.aborted) abort()
    this.#signal.addEventListener('abort', abort, { once: true })
    this.#go = resolve
    const pollMs = Math.min(longestPollMs, firstPollMs * 2 ** Math.min(turns, 8)) * (0.5 + Math.random())
    const timer = this.#isFirst ? setTimeout(resolve, pollMs) : undefined
    if (this.#isWoken && this.#isFirst) resolve()
    try {
      await promise
    } finally {
      this.#isWoken = false
      this.#go = null
      clearTimeout(timer)
      this.#signal.removeEventListener('abort', abort)
    }
  }
}
