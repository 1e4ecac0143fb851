import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { PerdureError } from '../errors/perdure-error.ts'
import type { Clock } from '../ports/clock.ts'
import { startWatchdog } from './watchdog.ts'

const clock: Clock = { now: () => new Date(), monotonicMs: () => performance.now() }

describe('startWatchdog', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  const start = (limits: { timeoutMs: number; idleTimeoutMs: number }) => {
    const expired: PerdureError['code'][] = []
    const watchdog = startWatchdog({ clock, ...limits, onExpiry: (error) => void expired.push(error.code) })
    return { watchdog, expired }
  }

  it('ends a run at its deadline, however busy it is', () => {
    const { watchdog, expired } = start({ timeoutMs: 1_000, idleTimeoutMs: 300 })
    for (let passedMs = 0; passedMs < 2_000; passedMs += 100) {
      watchdog.seen()
      vi.advanceTimersByTime(100)
    }
    expect(expired).toEqual(['deadline_exceeded'])
  })

  it('ends a run that is silent too long, counted from its last sign of life', () => {
    const { watchdog, expired } = start({ timeoutMs: 60_000, idleTimeoutMs: 300 })
    vi.advanceTimersByTime(250)
    watchdog.seen()
    vi.advanceTimersByTime(299)
    expect(expired).toEqual([])
    vi.advanceTimersByTime(2)
    expect(expired).toEqual(['idle_timeout'])
    vi.advanceTimersByTime(120_000)
    expect(expired).toEqual(['idle_timeout'])
  })

  it('does not count silence while none is to be broken, and begins anew afterwards', () => {
    const { watchdog, expired } = start({ timeoutMs: 60_000, idleTimeoutMs: 300 })
    watchdog.expectActivity(false)
    vi.advanceTimersByTime(10_000)
    watchdog.expectActivity(true)
    vi.advanceTimersByTime(299)
    expect(expired).toEqual([])
    vi.advanceTimersByTime(2)
    expect(expired).toEqual(['idle_timeout'])
  })

  it('says nothing after it was stopped, and bears times beyond a timer’s reach', () => {
    const { watchdog, expired } = start({ timeoutMs: 2 ** 40, idleTimeoutMs: 2 ** 40 })
    vi.advanceTimersByTime(2 ** 32)
    watchdog.stop()
    watchdog.expectActivity(false)
    watchdog.expectActivity(true)
    vi.advanceTimersByTime(2 ** 41)
    expect(expired).toEqual([])
  })
})
