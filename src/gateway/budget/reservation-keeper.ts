import type { Ledger } from '../../ports/ledger.ts'

/** A reservation whose owner is not heard of for so long is presumed to have been spent. */
export const reservationTtlMs = 60_000
const everyMs = 20_000

/** Prolongs the reservations of calls under way, however long they take. */
export class ReservationKeeper {
  readonly #ledgers = new Map<string, Ledger>()
  #timer: NodeJS.Timeout | undefined

  add(reservationId: string, ledger: Ledger): void {
    this.#ledgers.set(reservationId, ledger)
    if (this.#timer !== undefined) return
    this.#timer = setInterval(() => this.#keep(), everyMs)
    this.#timer.unref()
  }

  remove(reservationId: string): void {
    this.#ledgers.delete(reservationId)
    if (this.#ledgers.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #keep(): void {
    const byLedger = Map.groupBy(this.#ledgers, ([, ledger]) => ledger)
    for (const [ledger, reservations] of byLedger) {
      const ids = reservations.map(([id]) => id)
      // Failed once it is tried again in time; failed for good the amounts are presumed, which is safe.
      ledger.keepReserved(ids, { ttlMs: reservationTtlMs }).catch(() => {})
    }
  }
}
