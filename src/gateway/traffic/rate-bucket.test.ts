import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RateBucket } from './rate-bucket.ts'

const perMinute = 600

test('whoever waits as told never takes more in any minute than twice the allowance: a full bucket and its filling', () => {
  const steps = fc.array(fc.record({ amount: fc.integer({ min: 1, max: 200 }), idleMs: fc.nat(5_000) }), {
    minLength: 1,
    maxLength: 50,
  })
  fc.assert(
    fc.property(steps, (all) => {
      const bucket = new RateBucket(perMinute, 0)
      const taken: { atMs: number; amount: number }[] = []
      let nowMs = 0
      for (const { amount, idleMs } of all) {
        nowMs += idleMs + bucket.readyInMs(amount, nowMs + idleMs)
        expect(bucket.readyInMs(amount, nowMs)).toBe(0)
        bucket.take(amount, nowMs)
        taken.push({ atMs: nowMs, amount })
        const lastMinute = taken.filter(({ atMs }) => atMs > nowMs - 60_000)
        const sum = lastMinute.reduce((total, one) => total + one.amount, 0)
        expect(sum).toBeLessThanOrEqual(2 * perMinute)
      }
    }),
  )
})

test('a debt is waited for, and what is given back counts', () => {
  const bucket = new RateBucket(perMinute, 0)
  bucket.take(900, 0)
  expect(bucket.readyInMs(1, 0)).toBe(30_100)
  bucket.take(-300, 0)
  expect(bucket.readyInMs(1, 0)).toBe(100)
})

test('what is larger than the allowance waits for a full bucket, not for ever', () => {
  const bucket = new RateBucket(perMinute, 0)
  expect(bucket.readyInMs(5_000, 0)).toBe(0)
  bucket.take(5_000, 0)
  expect(bucket.readyInMs(5_000, 0)).toBe(500_000)
})
