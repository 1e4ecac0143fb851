import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ServerClock } from './server-clock.ts'

const date = (ms: number): string => new Date(ms).toUTCString()

test('knows nothing until it has heard the server, and nothing any more after a minute', () => {
  let monotonicMs = 500
  const clock = new ServerClock(() => monotonicMs)
  expect(clock.now()).toBeUndefined()
  clock.hear(undefined)
  clock.hear('no date')
  expect(clock.now()).toBeUndefined()
  clock.hear(date(1_700_000_000_000))
  expect(clock.now()).toBe(1_700_000_000_000)
  monotonicMs += 60_000
  expect(clock.now()).toBe(1_700_000_060_000)
  monotonicMs += 1
  expect(clock.now()).toBeUndefined()
})

test('is never ahead of the server, and behind by less than a second and the way of an answer', () => {
  const answer = fc.record({ afterMs: fc.nat(50_000), wayMs: fc.nat(300) })
  fc.assert(
    fc.property(fc.array(answer, { minLength: 1, maxLength: 50 }), fc.nat(999), (answers, fraction) => {
      // What the server's clock shows when the monotonic one shows zero.
      const offsetMs = 1_700_000_000_000 + fraction
      let monotonicMs = 0
      const clock = new ServerClock(() => monotonicMs)
      for (const { afterMs, wayMs } of answers) {
        monotonicMs += afterMs
        const written = date(offsetMs + monotonicMs)
        monotonicMs += wayMs
        clock.hear(written)
        const behindMs = offsetMs + monotonicMs - clock.now()!
        expect(behindMs).toBeGreaterThanOrEqual(0)
        expect(behindMs).toBeLessThanOrEqual(1300)
      }
    }),
  )
})

test('forgets a server that was far ahead', () => {
  let monotonicMs = 0
  const clock = new ServerClock(() => monotonicMs)
  clock.hear(date(2_000_000_000_000))
  monotonicMs = 300_001
  clock.hear(date(1_700_000_000_000))
  expect(clock.now()).toBe(1_700_000_000_000)
})
