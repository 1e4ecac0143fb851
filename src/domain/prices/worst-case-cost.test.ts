import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CallUsage } from '../call-usage.ts'
import { costOfCall } from './cost-of-call.ts'
import { findPrice } from './find-price.ts'
import { listPrices } from './list-prices.ts'
import type { ModelPrice } from './price-table.ts'
import { outputTokensAffordable, worstCaseCost, type CallBounds } from './worst-case-cost.ts'

const runs = { numRuns: 2_000 }
const rate = fc.bigInt({ min: 0n, max: 60_000_000_000n })
const rates = fc.record({ input: rate, output: rate, cacheWrite5m: rate, cacheWrite1h: rate, cacheRead: rate })
const tierAt = (abovePromptTokens: number) =>
  fc.record({ abovePromptTokens: fc.constant(abovePromptTokens), standard: rates, fast: fc.option(rates) })

/** Also prices that nobody asks: longer prompts cheaper, reading dearer than writing, fast mode cheaper. */
const anyPrice: fc.Arbitrary<ModelPrice> = fc
  .uniqueArray(fc.integer({ min: 1, max: 3_000 }), { maxLength: 3 })
  .chain((limits) =>
    fc.record({
      tiers: fc.tuple(tierAt(0), ...limits.toSorted((a, b) => a - b).map(tierAt)),
      webSearchRequestNanoUsd: fc.bigInt({ min: 0n, max: 20_000_000n }),
      usInferencePercent: fc.bigInt({ min: 90n, max: 150n }),
    }),
  )
const price = fc.oneof(anyPrice, fc.constantFrom(...listPrices))

const size = fc.oneof(fc.integer({ min: 0, max: 4_000 }), fc.integer({ min: 0, max: 1_000_000 }))
const bounds: fc.Arbitrary<CallBounds> = fc.record({
  promptTokens: size,
  outputTokens: fc.oneof(fc.integer({ min: 0, max: 128_000 }), fc.integer({ min: 0, max: 10 })),
  cacheWrite: fc.constantFrom('none', '5m', '1h'),
  webSearchRequests: fc.integer({ min: 0, max: 20 }),
  speed: fc.constantFrom('standard', 'fast'),
  mayRunInUsOnly: fc.boolean(),
})

/** A call within bounds, drawn from the edges as often as from between. */
function usageWithin(limits: CallBounds): fc.Arbitrary<CallUsage> {
  const upTo = (max: number) => fc.oneof(fc.constant(max), fc.integer({ min: 0, max }))
  return fc
    .record({
      prompt: fc.oneof(upTo(limits.promptTokens), upTo(Math.min(limits.promptTokens, 3_000))),
      cuts: fc.tuple(fc.nat(1_000), fc.nat(1_000), fc.nat(1_000)),
      outputTokens: upTo(limits.outputTokens),
      webSearchRequests: upTo(limits.webSearchRequests),
      speed: fc.constantFrom<CallUsage['speed']>('standard', limits.speed),
      inferenceGeo: fc.constantFrom<CallUsage['inferenceGeo']>(null, limits.mayRunInUsOnly ? 'us' : null),
    })
    .map(({ prompt, cuts, ...others }) => {
      const [first, second, third] = cuts
        .toSorted((a, b) => a - b)
        .map((cut) => Math.floor((prompt * cut) / 1_000)) as [number, number, number]
      const written1h = limits.cacheWrite === '1h' ? first : 0
      const written5m = limits.cacheWrite === 'none' ? 0 : second - first
      const read = third - second
      return {
        ...others,
        inputTokens: prompt - written1h - written5m - read,
        cacheReadInputTokens: read,
        cacheWrite5mInputTokens: written5m,
        cacheWrite1hInputTokens: written1h,
      }
    })
}

const cases = bounds.chain((limits) => fc.record({ limits: fc.constant(limits), price, usage: usageWithin(limits) }))

describe('the worst case', () => {
  test('is never below what a call within the bounds costs', () => {
    fc.assert(
      fc.property(cases, ({ limits, price: drawn, usage }) => {
        expect(costOfCall(usage, drawn) <= worstCaseCost(limits, drawn)).toBe(true)
      }),
      runs,
    )
  })

  test('is what some call within the bounds costs: it reserves no more than can happen', () => {
    fc.assert(
      fc.property(bounds, price, (limits, drawn) => {
        const dearest = extremeCalls(limits, drawn).map((usage) => costOfCall(usage, drawn))
        expect(dearest).toContain(worstCaseCost(limits, drawn))
      }),
      runs,
    )
  })

  test('of a prompt that may pass 100,000 tokens is at the price of the long ones', () => {
    const haiku = findPrice(listPrices, 'claude-haiku-5-5', { at: new Date('2026-11-21') })!
    const limits: CallBounds = {
      promptTokens: 100_000,
      outputTokens: 1_000,
      cacheWrite: '5m',
      webSearchRequests: 0,
      speed: 'standard',
      mayRunInUsOnly: false,
    }
    expect(worstCaseCost(limits, haiku)).toBe(13_000_000n)
    expect(worstCaseCost({ ...limits, promptTokens: 100_001 }, haiku)).toBe(65_000_625n)
  })
})

/** The calls of which one must be the dearest: everything of one kind, in each tier, at each speed and place. */
function extremeCalls(limits: CallBounds, { tiers }: ModelPrice): CallUsage[] {
  const lengths = [limits.promptTokens, ...tiers.slice(1).map(({ abovePromptTokens }) => abovePromptTokens)]
  const kinds = ['inputTokens', 'cacheReadInputTokens', 'cacheWrite5mInputTokens', 'cacheWrite1hInputTokens'] as const
  const possible = kinds.slice(0, { none: 2, '5m': 3, '1h': 4 }[limits.cacheWrite])
  const speeds = new Set<CallUsage['speed']>(['standard', limits.speed])
  const places: readonly CallUsage['inferenceGeo'][] = limits.mayRunInUsOnly ? [null, 'us'] : [null]
  const { outputTokens, webSearchRequests } = limits
  const nothing = { inputTokens: 0, cacheReadInputTokens: 0, cacheWrite5mInputTokens: 0, cacheWrite1hInputTokens: 0 }
  return lengths
    .filter((length) => length <= limits.promptTokens)
    .flatMap((length) => possible.map((kind) => ({ ...nothing, [kind]: length })))
    .flatMap((prompt) => [...speeds].map((speed) => ({ ...prompt, speed })))
    .flatMap((prompt) => places.map((inferenceGeo) => ({ ...prompt, inferenceGeo, outputTokens, webSearchRequests })))
}

describe('the output tokens that an amount pays for', () => {
  const amounts = fc.oneof(fc.bigInt({ min: 0n, max: 1_000_000n }), fc.bigInt({ min: 0n, max: 20_000_000_000n }))

  test('are the most with which the worst case is within the amount', () => {
    fc.assert(
      fc.property(amounts, bounds, price, (amount, limits, drawn) => {
        const outputTokens = outputTokensAffordable(amount, { bounds: limits, price: drawn })
        const worstOf = (tokens: number): bigint => worstCaseCost({ ...limits, outputTokens: tokens }, drawn)
        expect(outputTokens).toBeLessThanOrEqual(limits.outputTokens)
        if (outputTokens > 0) expect(worstOf(outputTokens) <= amount).toBe(true)
        if (outputTokens < limits.outputTokens) expect(worstOf(outputTokens + 1) > amount).toBe(true)
      }),
      runs,
    )
  })

  test('are all of them where the amount is the worst case itself', () => {
    fc.assert(
      fc.property(bounds, price, (limits, drawn) => {
        const amount = worstCaseCost(limits, drawn)
        expect(outputTokensAffordable(amount, { bounds: limits, price: drawn })).toBe(limits.outputTokens)
      }),
      runs,
    )
  })
})
