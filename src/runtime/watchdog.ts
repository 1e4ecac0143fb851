import { PerdureError } from '../errors/perdure-error.ts'
import type { Clock } from '../ports/clock.ts'

export interface WatchdogOptions {
  readonly clock: Clock
  /** Longest time from the start of the run to its end. */
  readonly timeoutMs: number
  /** Longest silence of the agent while a turn runs. */
  readonly idleTimeoutMs: number
  /** Called once, with `deadline_exceeded` or `idle_timeout`. */
  readonly onExpiry: (error: PerdureError) => void
}

/** Sees to it that no run hangs: a deadline for the whole, and a longest silence. */
export interface Watchdog {
  /** The agent showed a sign of life. */
  seen(): void
  /** Whether silence counts now: not while a person is asked or the agent has nothing to do. */
  expectActivity(expected: boolean): void
  stop(): void
}

/** The timers' upper bound in Node; a longer wait is waited in pieces. */
const longestTimerMs = 2 ** 31 - 1

export function startWatchdog({ clock, timeoutMs, idleTimeoutMs, onExpiry }: WatchdogOptions): Watchdog {
  const startedMs = clock.monotonicMs()
  let seenMs = startedMs
  let expected = true
  let timer: NodeJS.Timeout | undefined
  let isStopped = false

  const expire = (error: PerdureError): void => {
    stop()
    onExpiry(error)
  }
  const check = (): void => {
    const nowMs = clock.monotonicMs()
    const deadlineInMs = startedMs + timeoutMs - nowMs
    const silenceInMs = expected ? seenMs + idleTimeoutMs - nowMs : Number.POSITIVE_INFINITY
    if (deadlineInMs <= 0) {
      expire(new PerdureError('deadline_exceeded', `The run did not end within ${timeoutMs} ms.`))
    } else if (silenceInMs <= 0) {
      expire(new PerdureError('idle_timeout', `The agent was silent for ${idleTimeoutMs} ms.`))
    } else {
      timer = setTimeout(check, Math.min(longestTimerMs, Math.max(1, Math.ceil(Math.min(deadlineInMs, silenceInMs)))))
    }
  }
  const stop = (): void => {
    isStopped = true
    clearTimeout(timer)
  }
  check()

  return {
    // Only the moment is kept: the timer looks at it when it fires, so a busy stream sets no timers.
    seen() {
      seenMs = clock.monotonicMs()
    },
    expectActivity(now) {
      if (now === expected || isStopped) return
      expected = now
      seenMs = clock.monotonicMs()
      clearTimeout(timer)
      check()
    },
    stop,
  }
}
