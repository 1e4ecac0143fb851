import { setTimeout as sleep } from 'node:timers/promises'
import type { BudgetState } from '../../domain/budget.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { CallAccount, Ledger } from '../../ports/ledger.ts'

/** Pauses before a ledger that failed is asked again. */
const pausesMs = [50, 250]

/** How long it counts that a run had no hard budget, while its ledger cannot be read. */
const trustedForMs = 60_000

/**
 * Which hard budgets hold for a call: one read, no write. The ledger is asked before each call, because a budget can
 * be set by anybody at any time.
 */
export class HardBudgets {
  readonly #onFailure: (error: PerdureError) => void
  #freeAtMs = -Infinity

  constructor(options: { onFailure: (error: PerdureError) => void }) {
    this.#onFailure = options.onFailure
  }

  /**
   * @throws {PerdureError} when nobody can say. A run that had none a moment ago goes on without its ledger, which
   * is reported: in that moment none could be set either.
   */
  async read(ledger: Ledger, account: CallAccount): Promise<readonly BudgetState[]> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const hard = (await ledger.budgets(account)).filter(({ mode }) => mode === 'hard')
        this.#freeAtMs = hard.length === 0 ? performance.now() : -Infinity
        return hard
      } catch (cause) {
        const pauseMs = pausesMs[attempt]
        if (pauseMs !== undefined) {
          await sleep(pauseMs)
          continue
        }
        const error = PerdureError.from(cause, 'storage_failed')
        if (performance.now() - this.#freeAtMs > trustedForMs) throw error
        this.#onFailure(error)
        return []
      }
    }
  }
}
