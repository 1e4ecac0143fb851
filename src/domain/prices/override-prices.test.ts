import { describe, expect, test } from 'vitest'
import { noCallUsage, type CallUsage } from '../call-usage.ts'
import { costOfCall } from './cost-of-call.ts'
import { findPrice } from './find-price.ts'
import { listPrices } from './list-prices.ts'
import { overridePrices, priceOverridesSchema } from './override-prices.ts'

const own = { input: 1, output: 4, cacheWrite5m: 1.25, cacheWrite1h: 2, cacheRead: 0.05 }
const now = new Date('2026-11-21T12:00:00Z')

/** Cost of a million tokens of input, by a file's text. */
function costBy(overrides: object, model: string, { at = now, ...usage }: Partial<CallUsage> & { at?: Date } = {}) {
  const table = overridePrices(listPrices, priceOverridesSchema.parse(JSON.parse(JSON.stringify(overrides))))
  const price = findPrice(table, model, { at })
  return price && costOfCall({ ...noCallUsage, inputTokens: 1_000_000, ...usage }, price)
}

describe('prices of one’s own', () => {
  test('multiply the list, each model by its own factor where it has one', () => {
    const overrides = { multiplier: 0.85, multipliers: { 'claude-opus-5-5': 0.7 } }
    expect(costBy(overrides, 'claude-sonnet-5-5')).toBe(1_700_000_000n)
    expect(costBy(overrides, 'claude-opus-5-5', { speed: 'fast' })).toBe(5_600_000_000n)
    expect(costBy(overrides, 'claude-haiku-5-5')).toBe(425_000_000n)
    expect(costBy(overrides, 'claude-opus-5-5', { inputTokens: 0, webSearchRequests: 10 })).toBe(70_000_000n)
  })

  test('take the place of the list’s from their first day on, and are not multiplied', () => {
    const overrides = { multiplier: 0.4, models: { 'claude-sonnet-5-5': [{ ...own, validFrom: '2026-11-01' }] } }
    const read = { inputTokens: 0, cacheReadInputTokens: 1_000_000 }
    expect(costBy(overrides, 'claude-sonnet-5-5', read)).toBe(50_000_000n)
    expect(costBy(overrides, 'claude-sonnet-5-5', { ...read, at: new Date('2026-10-31') })).toBe(40_000_000n)
    expect(costBy(overrides, 'claude-sonnet-5-5', { ...read, at: new Date('2026-10-01') })).toBe(80_000_000n)
  })

  test('hide later rows of the list', () => {
    const overrides = { models: { 'claude-sonnet-5-5': [own] } }
    const read = { inputTokens: 0, cacheReadInputTokens: 1_000_000 }
    expect(costBy(overrides, 'claude-sonnet-5-5', read)).toBe(50_000_000n)
  })

  test('give a price to a model that the list does not have', () => {
    expect(costBy({}, 'acme-large')).toBeUndefined()
    expect(costBy({ models: { 'acme-large': [own] } }, 'acme-large')).toBe(1_000_000_000n)
  })

  test('know fast mode, long prompts, searches and the United States', () => {
    const full = {
      ...own,
      fast: { ...own, input: 3 },
      longPrompts: [{ ...own, abovePromptTokens: 200_000, input: 2 }],
      webSearchRequest: 0.005,
      usInferenceFactor: 1.25,
    }
    const overrides = { models: { 'acme-large': [full] } }
    expect(costBy(overrides, 'acme-large')).toBe(2_000_000_000n)
    expect(costBy(overrides, 'acme-large', { inputTokens: 200_000, speed: 'fast' })).toBe(600_000_000n)
    const search: Partial<CallUsage> = { inputTokens: 100_000, inferenceGeo: 'us', webSearchRequests: 2 }
    expect(costBy(overrides, 'acme-large', search)).toBe(135_000_000n)
  })

  test('leave the list as it is', () => {
    const before = structuredClone(listPrices)
    overridePrices(listPrices, { multiplier: 0.5, models: { 'claude-opus-5-5': [own] } })
    expect(listPrices).toEqual(before)
  })

  test('multiply no price that is not there', () => {
    expect(() => overridePrices(listPrices, { multipliers: { 'acme-large': 0.5 } })).toThrow(
      new RangeError('no listed price to multiply: acme-large'),
    )
  })
})

describe('a file of prices', () => {
  test.each<[string, object]>([
    ['an unknown field', { discount: 0.5 }],
    ['a multiplier of nothing', { multiplier: 0 }],
    ['a negative price', { models: { a: [{ ...own, input: -1 }] } }],
    ['a missing price', { models: { a: [{ input: 1, output: 1 }] } }],
    ['a day that is none', { models: { a: [{ ...own, validFrom: '2026-02-30' }] } }],
    ['two prices from one day', { models: { a: [own, own] } }],
    ['a model without a row', { models: { a: [] } }],
    ['tiers out of order', { models: { a: [{ ...own, longPrompts: [tier(2), tier(1)] }] } }],
    ['a tier from the first token on', { models: { a: [{ ...own, longPrompts: [tier(0)] }] } }],
    ['a discount for the United States', { models: { a: [{ ...own, usInferenceFactor: 0.9 }] } }],
  ])('may not have %s', (_case, file) => expect(priceOverridesSchema.safeParse(file).success).toBe(false))

  test('that is empty changes nothing', () => {
    expect(overridePrices(listPrices, priceOverridesSchema.parse({}))).toEqual(listPrices)
  })
})

function tier(abovePromptTokens: number): object {
  return { ...own, abovePromptTokens }
}
