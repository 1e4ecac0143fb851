import { describe, expect, test } from 'vitest'
import { noCallUsage, type CallUsage } from '../call-usage.ts'
import { costOfCall } from './cost-of-call.ts'
import { findPrice } from './find-price.ts'
import { listPrices } from './list-prices.ts'

const at = new Date('2026-11-21T12:00:00Z')
const costOf = (model: string, usage: Partial<CallUsage>): bigint =>
  costOfCall({ ...noCallUsage, ...usage }, findPrice(listPrices, model, { at })!)

test('each kind of token has its price', () => {
  const usage = {
    inputTokens: 1_050,
    outputTokens: 230,
    cacheReadInputTokens: 5_000,
    cacheWrite5mInputTokens: 100,
    cacheWrite1hInputTokens: 200,
  }
  expect(costOf('claude-sonnet-4-5', usage)).toBe(9_675_000n)
})

test('nothing costs nothing', () => expect(costOf('claude-opus-5-5', {})).toBe(0n))

test('a search has its price, which no surcharge raises', () => {
  expect(costOf('claude-haiku-4-5', { webSearchRequests: 3 })).toBe(30_000_000n)
  expect(costOf('claude-haiku-4-5', { webSearchRequests: 3, inputTokens: 10, inferenceGeo: 'us' })).toBe(30_011_000n)
})

describe('a prompt above 100,000 tokens raises the price of the whole call', () => {
  const prompt = { inputTokens: 50_000, cacheReadInputTokens: 25_000, cacheWrite5mInputTokens: 25_000 }
  test.each<[string, Partial<CallUsage>, bigint]>([
    ['at the limit', prompt, 8_375_000n],
    ['above it', { ...prompt, inputTokens: 50_001 }, 41_875_500n],
    ['above it, in all kinds', { cacheWrite1hInputTokens: 150_000, outputTokens: 1_000 }, 152_500_000n],
    ['short, with a long answer', { inputTokens: 1, outputTokens: 150_000 }, 75_000_100n],
  ])('%s', (_case, usage, cost) => expect(costOf('claude-haiku-5-5', usage)).toBe(cost))
})

describe('fast mode and processing in the United States', () => {
  const usage: Partial<CallUsage> = { inputTokens: 1_000, outputTokens: 100, cacheReadInputTokens: 10_000 }
  test.each<[string, Partial<CallUsage>, bigint]>([
    ['claude-opus-5-5', { speed: 'fast' }, 16_000_000n],
    ['claude-opus-5-5', { speed: 'fast', inferenceGeo: 'us' }, 17_600_000n],
    ['claude-opus-5-5', { inferenceGeo: 'us' }, 8_800_000n],
    // Fast mode has no price of its own there.
    ['claude-sonnet-5-5', { speed: 'fast' }, 4_000_000n],
  ])('%s, %o', (model, changes, cost) => expect(costOf(model, { ...usage, ...changes })).toBe(cost))
})

test('fractions of a nano-dollar are rounded up, once', () => {
  const [listed] = listPrices
  const rates = { input: 1n, output: 1n, cacheWrite5m: 1n, cacheWrite1h: 1n, cacheRead: 1n }
  const price = { ...listed!, tiers: [{ abovePromptTokens: 0, standard: rates, fast: null }] as const }
  const cost = (usage: Partial<CallUsage>): bigint => costOfCall({ ...noCallUsage, ...usage }, price)
  expect(cost({ inputTokens: 1 })).toBe(1n)
  expect(cost({ inputTokens: 500_000, outputTokens: 500_000 })).toBe(1n)
  expect(cost({ inputTokens: 500_000, outputTokens: 500_001 })).toBe(2n)
})
