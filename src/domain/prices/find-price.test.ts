import { describe, expect, test } from 'vitest'
import { findPrice } from './find-price.ts'
import { listPrices } from './list-prices.ts'

const at = new Date('2026-11-21T12:00:00Z')
const inputOf = (model: string, when = at): bigint | undefined =>
  findPrice(listPrices, model, { at: when })?.tiers[0].standard.input

describe('a model is found under each of its names', () => {
  test.each([
    'claude-sonnet-4-5',
    'claude-sonnet-4-5-20250929',
    'claude-sonnet-4-5[1m]',
    'claude-sonnet-4-5-20250929[1m]',
    'claude-sonnet-4-5@20250929',
    'claude-sonnet-4-5@default',
    'publishers/anthropic/models/claude-sonnet-4-5@20250929',
    'global.anthropic.claude-sonnet-4-5-20250929-v1:0',
    'global.anthropic.claude-sonnet-4-5-20250929-v1:0:200k',
    'global.anthropic.claude-sonnet-4-5',
  ])('%s', (model) => expect(inputOf(model)).toBe(3_000_000_000n))

  test.each([
    'anthropic.claude-sonnet-4-5-20250929-v1:0',
    'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
    'us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0',
    'arn:aws:bedrock:eu-west-1:1:inference-profile/eu.anthropic.claude-sonnet-4-5-20250929-v1:0',
  ])('%s, a tenth dearer for being regional', (model) => expect(inputOf(model)).toBe(3_300_000_000n))
})

test.each([
  '',
  'claude',
  'claude-sonnet',
  'claude-sonnet-4',
  'claude-opus-5-6',
  'claude-sonnet-4-5-preview',
  'my-claude-sonnet-4-5',
  'constructor',
  'arn:aws:bedrock:eu-west-1:1:application-inference-profile/a1b2',
])('%j has no price', (model) => expect(findPrice(listPrices, model, { at })).toBeUndefined())

test('a price holds from its day on, in UTC', () => {
  const readOf = (when: string) =>
    findPrice(listPrices, 'claude-sonnet-5-5', { at: new Date(when) })?.tiers[0].standard.cacheRead
  expect(readOf('2026-10-06T23:59:59.999Z')).toBe(200_000_000n)
  expect(readOf('2026-10-07T00:00:00+02:00')).toBe(200_000_000n)
  expect(readOf('2026-10-07T00:00:00Z')).toBe(100_000_000n)
})

test('no price is known before the first day of a table', () => {
  const table = listPrices
    .filter(({ model }) => model === 'claude-opus-5-5')
    .map((row) => ({ ...row, validFrom: '2026-09-22' }))
  expect(findPrice(table, 'claude-opus-5-5', { at: new Date('2026-09-21T23:00:00Z') })).toBeUndefined()
  expect(findPrice(table, 'claude-opus-5-5', { at: new Date('2026-09-22T00:00:00Z') })).toBeDefined()
})

test('the order of a table does not matter, and a row for the very id comes first', () => {
  const exact = { ...listPrices[0]!, model: 'us.anthropic.claude-sonnet-5-5', source: 'own' }
  const table = [...listPrices, exact].toReversed()
  expect(findPrice(table, 'us.anthropic.claude-sonnet-5-5', { at })).toBe(exact)
  expect(findPrice(table, 'claude-sonnet-5-5', { at })?.tiers[0].standard.cacheRead).toBe(100_000_000n)
})
