import fc from 'fast-check'
import { expect, test } from 'vitest'
import { defaultRetryPolicies, retryDelayMs } from './retry-policy.ts'

const policy = { ...defaultRetryPolicies.modelRequest, initialDelayMs: 1_000, backoffMultiplier: 2, maxDelayMs: 5_000 }

test('delays grow by the multiplier, up to their bound', () => {
  const delays = [1, 2, 3, 4].map((attempt) => retryDelayMs({ ...policy, jitter: 0 }, attempt))
  expect(delays).toEqual([1_000, 2_000, 4_000, 5_000])
})

test('jitter takes from a delay, never adds, and nothing is shorter than the service asks', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true })
  const cases = fc.record({
    jitter: share,
    random: share,
    attempt: fc.integer({ min: 1, max: 20 }),
    atLeastMs: fc.nat(9_000),
  })
  fc.assert(
    fc.property(cases, ({ jitter, random, attempt, atLeastMs }) => {
      const whole = retryDelayMs({ ...policy, jitter: 0 }, attempt)
      const delay = retryDelayMs({ ...policy, jitter }, attempt, { random, atLeastMs })
      expect(delay).toBeGreaterThanOrEqual(atLeastMs)
      expect(delay).toBeLessThanOrEqual(Math.max(whole, atLeastMs))
      if (atLeastMs === 0) expect(delay).toBeGreaterThanOrEqual(whole * (1 - jitter) - 1e-9)
    }),
  )
})
