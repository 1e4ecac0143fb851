import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ServerClock } from './server-clock.ts'

const date = (ms: number): string => new Date(ms).toUTCString()
const epochMs = 1_700_000_000_000

test('knows nothing until it has heard the server, and nothing any more after a minute', () => {
  let monotonicMs = 500
  const clock = new ServerClock({ monotonicMs: () => monotonicMs, wallMs: () => 0 })
  expect(clock.now()).toBeUndefined()
  clock.ask()(undefined)
  clock.ask()('no date')
  expect(clock.now()).toBeUndefined()
  clock.ask()(date(epochMs))
  expect(clock.now()).toBe(epochMs)
  monotonicMs += 60_000
  expect(clock.now()).toBe(epochMs + 60_000)
  monotonicMs += 1
  expect(clock.now()).toBeUndefined()
})

test('is right to a second and the way of an answer, however wrong this machine is, and right where it is right', () => {
  const answer = fc.record({ afterMs: fc.nat(50_000), thereMs: fc.nat(300), backMs: fc.nat(300) })
  const wrong = fc.oneof(fc.constant(0), fc.integer({ min: -1e7, max: 1e7 }))
  fc.assert(
    fc.property(fc.array(answer, { minLength: 1, maxLength: 50 }), fc.nat(999), wrong, (answers, fraction, wrongMs) => {
      let monotonicMs = 0
      const serverMs = () => epochMs + fraction + monotonicMs
      const clock = new ServerClock({ monotonicMs: () => monotonicMs, wallMs: () => serverMs() + wrongMs })
      for (const { afterMs, thereMs, backMs } of answers) {
        monotonicMs += afterMs
        const hear = clock.ask()
        monotonicMs += thereMs
        const written = date(serverMs())
        monotonicMs += backMs
        hear(written)
        const errorMs = clock.now()! - serverMs()
        expect(Math.abs(errorMs)).toBeLessThanOrEqual(wrongMs === 0 ? 0 : 999 + thereMs + backMs)
      }
    }),
  )
})

test('believes a server that was set', () => {
  let monotonicMs = 0
  const clock = new ServerClock({ monotonicMs: () => monotonicMs, wallMs: () => 0 })
  clock.ask()(date(epochMs + 3_600_000))
  monotonicMs = 10
  clock.ask()(date(epochMs))
  expect(clock.now()).toBe(epochMs)
})
