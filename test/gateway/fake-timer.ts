import type { Timer } from '../../src/gateway/cache/timer.ts'

/** Time that passes when a test says so. */
export class FakeTimer implements Timer {
  #nowMs = 1_000
  #alarms: { atMs: number; call: () => void }[] = []

  nowMs = (): number => this.#nowMs
  after = (delayMs: number, call: () => void): (() => void) => {
    const alarm = { atMs: this.#nowMs + delayMs, call }
    this.#alarms.push(alarm)
    return () => void (this.#alarms = this.#alarms.filter((other) => other !== alarm))
  }
  get isIdle(): boolean {
    return this.#alarms.length === 0
  }

  /** Passes time, and lets what the alarms began come to its end. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms
    for (;;) {
      const next = this.#alarms.toSorted((left, right) => left.atMs - right.atMs)[0]
      if (next === undefined || next.atMs > untilMs) break
      this.#alarms = this.#alarms.filter((other) => other !== next)
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      next.call()
      await settled()
    }
    this.#nowMs = untilMs
  }

  /** Time passes, and no alarm rings: the machine sleeps. */
  sleep(ms: number): void {
    this.#nowMs += ms
  }
}

/** All that waits on nothing but promises is done. */
export const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}
