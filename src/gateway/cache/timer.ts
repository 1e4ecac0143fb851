/** Time and alarms, so that tests need not wait. */
export interface Timer {
  /** Monotonic milliseconds. */
  nowMs(): number
  /** Calls once, later. What it returns prevents that. */
  after(delayMs: number, call: () => void): () => void
}

/** Its alarms do not keep a process alive. */
export const systemTimer: Timer = {
  nowMs: () => performance.now(),
  after(delayMs, call) {
    const timeout = setTimeout(call, delayMs).unref()
    return () => clearTimeout(timeout)
  },
}
