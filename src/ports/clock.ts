/** Time as the core sees it. Leases do not use it: they live by the database's clock. */
export interface Clock {
  /** Wall clock, for time stamps. */
  now(): Date
  /** Monotonic milliseconds, for durations and deadlines. */
  monotonicMs(): number
}

export const systemClock: Clock = { now: () => new Date(), monotonicMs: () => performance.now() }
