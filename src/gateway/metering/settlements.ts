import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { LedgerCall, SettledCall } from '../../ports/ledger.ts'
import type { RunAccount } from '../../ports/model-gateway.ts'

/** Pauses before a ledger that failed is told again. */
const pausesMs = [100, 500, 2_000]

/** Longest time that somebody waits for what is under way. Bounded, because a store may hang. */
const patienceMs = 10_000

/** What the calls of one run cost, on its way into the ledger. The agent's bytes do not wait for it. */
export class Settlements {
  readonly #underWay = new Set<Promise<void>>()
  #isReported = false

  /** `onDone` hears null when the call could not be entered: what was reserved for it is presumed, in time. */
  settle(account: RunAccount, call: LedgerCall, onDone: (settled: SettledCall | null) => void): Promise<void> {
    return this.#track(async () => onDone(await this.#write(account, () => account.ledger.settle(call))))
  }

  /** Gives back what was reserved for a call that cost nothing. */
  release(account: RunAccount, reservationId: string, onDone: () => void): Promise<void> {
    return this.#track(async () => {
      await this.#write(account, () => account.ledger.release(reservationId))
      onDone()
    })
  }

  /** Resolves when all that is under way now is entered, or will not be. */
  async settled(): Promise<void> {
    if (this.#underWay.size === 0) return
    const over = new AbortController()
    const patience = sleep(patienceMs, undefined, { ref: false, signal: over.signal }).catch(() => {})
    await Promise.race([Promise.all(this.#underWay), patience])
    over.abort()
  }

  /** Says once that the ledger fails. */
  report(account: RunAccount, error: PerdureError): void {
    if (this.#isReported) return
    this.#isReported = true
    account.onLedgerFailure(error)
  }

  #track(enter: () => Promise<void>): Promise<void> {
    // The agent's bytes go first: a store in this process may hold it up while it writes.
    const entering = nextTurn().then(enter)
    this.#underWay.add(entering)
    return entering.finally(() => this.#underWay.delete(entering))
  }

  /** A call is entered once, however often it is told. */
  async #write<Result>(account: RunAccount, write: () => Promise<Result>): Promise<Result | null> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await write()
      } catch (cause) {
        const pauseMs = pausesMs[attempt]
        if (pauseMs !== undefined) {
          await sleep(pauseMs)
          continue
        }
        this.report(account, PerdureError.from(cause, 'storage_failed'))
        return null
      }
    }
  }
}
