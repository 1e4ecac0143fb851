import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cacheTtlMs, type CacheTtl } from './cache-strategy.ts'
import { noCallUsage, type CallUsage } from './call-usage.ts'
import { keepWarmPrice } from './keep-warm-price.ts'
import { costOfCall } from './prices/cost-of-call.ts'
import { findPrice } from './prices/find-price.ts'
import { listPrices } from './prices/list-prices.ts'

const tokens = fc.oneof(fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 0, max: 900_000 }))
const usage: fc.Arbitrary<CallUsage> = fc
  .record({
    inputTokens: tokens,
    cacheReadInputTokens: tokens,
    cacheWrite5mInputTokens: tokens,
    cacheWrite1hInputTokens: tokens,
    outputTokens: tokens,
    speed: fc.constantFrom<CallUsage['speed']>('standard', 'fast'),
    inferenceGeo: fc.constantFrom<CallUsage['inferenceGeo']>('us', null),
  })
  .map((drawn) => ({ ...noCallUsage, ...drawn }))
const ttl = fc.constantFrom<CacheTtl>('5m', '1h')
const price = fc.constantFrom(...listPrices)
const times = fc.integer({ min: 0, max: 200 * 3_600_000 })
const plans = fc.record({ used: usage, life: ttl, drawn: price, timeMs: times })

describe('keeping a cache warm', () => {
  test('never costs more than losing the entry, and stops no earlier than it must', () => {
    fc.assert(
      fc.property(plans, ({ used, life, drawn, timeMs: forMs }) => {
        const plan = keepWarmPrice({ usage: used, ttl: life, forMs }, drawn)
        expect(plan.totalNanoUsd <= plan.lossNanoUsd).toBe(true)
        expect(plan.pings * plan.everyMs).toBeLessThanOrEqual(forMs)
        const hasTime = (plan.pings + 1) * plan.everyMs <= forMs
        if (hasTime) expect(plan.totalNanoUsd + plan.pingNanoUsd > plan.lossNanoUsd).toBe(true)
      }),
    )
  })

  test('makes no pause dearer that ends while it is warm, and none by more than one loss', () => {
    fc.assert(
      fc.property(plans, ({ used, life, drawn, timeMs: pauseMs }) => {
        const plan = keepWarmPrice({ usage: used, ttl: life, forMs: 200 * 3_600_000 }, drawn)
        const cached = used.cacheReadInputTokens + used.cacheWrite5mInputTokens + used.cacheWrite1hInputTokens
        const place = {
          ...noCallUsage,
          inputTokens: used.inputTokens,
          speed: used.speed,
          inferenceGeo: used.inferenceGeo,
        }
        const read = costOfCall({ ...place, cacheReadInputTokens: cached }, drawn)
        const write = costOfCall(
          { ...place, [life === '1h' ? 'cacheWrite1hInputTokens' : 'cacheWrite5mInputTokens']: cached },
          drawn,
        )
        const without = pauseMs < cacheTtlMs[life] ? read : write
        const made = Math.min(plan.pings, Math.floor(pauseMs / plan.everyMs))
        const withPings = BigInt(made) * plan.pingNanoUsd + (pauseMs < plan.warmForMs ? read : write)
        // The entry would have lived so long anyway: a pause just longer than a reading's time pays for one.
        const early = pauseMs < cacheTtlMs[life] ? plan.pingNanoUsd : 0n
        if (pauseMs < plan.warmForMs) expect(withPings <= without + early + 1n).toBe(true)
        expect(withPings <= without + plan.lossNanoUsd + early + 1n).toBe(true)
      }),
    )
  })

  test('of 100,000 tokens of Opus 5.5 costs two cents a reading, worth it for nearly two hours', () => {
    const opus = findPrice(listPrices, 'claude-opus-5-5', { at: new Date('2026-11-21') })!
    const used = { ...noCallUsage, cacheReadInputTokens: 90_000, cacheWrite5mInputTokens: 10_000 }
    expect(keepWarmPrice({ usage: used, ttl: '5m', forMs: 24 * 3_600_000 }, opus)).toEqual({
      pingNanoUsd: 20_020_000n,
      worstPingNanoUsd: 500_020_000n,
      lossNanoUsd: 480_000_000n,
      everyMs: 270_000,
      pings: 23,
      totalNanoUsd: 460_460_000n,
      warmForMs: 23 * 270_000 + 300_000,
    })
  })

  test('is nothing where nothing is cached', () => {
    const opus = findPrice(listPrices, 'claude-opus-5-5', { at: new Date('2026-11-21') })!
    const used = { ...noCallUsage, inputTokens: 500 }
    expect(keepWarmPrice({ usage: used, ttl: '5m', forMs: 3_600_000 }, opus)).toMatchObject({
      pings: 0,
      lossNanoUsd: 0n,
    })
  })
})
