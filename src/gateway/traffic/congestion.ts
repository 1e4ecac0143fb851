/** However long the service wants to be left alone: after so long somebody asks whether that still holds. */
const longestClosedMs = 60 * 60_000

/** How a request ended, as far as it tells about the service's load. `unknown`: nothing was learned. */
export type CongestionSign = 'served' | 'throttled' | 'unknown'

export interface CongestionTicket {
  readonly epoch: number
}

/**
 * How many requests may be under way at once, learned from the service's own signs: halved when it throttles,
 * one more for each round that it serves. And a gate that stays closed for as long as the service asks.
 */
export class Congestion {
  inFlight = 0
  /** Without bound until the service throttles for the first time. */
  window = Number.POSITIVE_INFINITY
  closedUntilMs = 0
  /** Moves on with each cut: what was sent before it tells nothing new. */
  #epoch = 0

  /** Milliseconds until the gate opens; 0: it is open. */
  closedForMs(nowMs: number): number {
    return Math.max(0, this.closedUntilMs - nowMs)
  }

  hasRoom(): boolean {
    return this.inFlight < Math.max(1, Math.floor(this.window))
  }

  begin(): CongestionTicket {
    this.inFlight += 1
    return { epoch: this.#epoch }
  }

  /** The answer began. A whole wave that is throttled together cuts the window once. */
  note(ticket: CongestionTicket, sign: CongestionSign): void {
    if (sign === 'served') this.window += 1 / this.window
    if (sign !== 'throttled' || ticket.epoch !== this.#epoch) return
    this.window = Math.max(1, Math.floor(Math.min(this.window, this.inFlight) / 2))
    this.#epoch += 1
  }

  /** The answer ended. */
  end(): void {
    this.inFlight -= 1
  }

  /** Closes the gate; never opens one that is closed for longer. */
  close(forMs: number, nowMs: number): void {
    this.closedUntilMs = Math.max(this.closedUntilMs, nowMs + Math.min(forMs, longestClosedMs))
  }
}
