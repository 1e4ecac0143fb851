import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { findPrice } from '../domain/prices/find-price.ts'
import { listPrices } from '../domain/prices/list-prices.ts'
import type { PriceOverrides } from '../domain/prices/override-prices.ts'
import { runPricesOf } from './run-prices.ts'

const folder = mkdtempSync(join(tmpdir(), 'perdure-prices-'))
afterAll(() => rmSync(folder, { recursive: true }))

function fileOf(text: string): string {
  const path = join(folder, 'prices.json')
  writeFileSync(path, text)
  return path
}

test('without prices of one’s own, the list is what is paid', async () => {
  expect(await runPricesOf(undefined)).toEqual({ billed: listPrices, list: listPrices })
})

test.each<[string, () => PriceOverrides | string]>([
  ['an object', () => ({ multiplier: 0.5 })],
  ['a file', () => fileOf('{ "multiplier": 0.5 }')],
])('%s changes what is paid, and not the list', async (_case, own) => {
  const { billed, list } = await runPricesOf(own())
  const inputIn = (table: typeof list) =>
    findPrice(table, 'claude-opus-5-5', { at: new Date() })?.tiers[0].standard.input
  expect(inputIn(billed)).toBe(2_000_000_000n)
  expect(inputIn(list)).toBe(4_000_000_000n)
})

test.each<[string, () => PriceOverrides | string, RegExp]>([
  ['a missing file', () => join(folder, 'missing.json'), /missing\.json: ENOENT/],
  ['no JSON', () => fileOf('{'), /prices\.json: .*JSON/],
  ['a wrong price', () => fileOf('{ "models": { "a": [{ "input": "1" }] } }'), /prices\.json: models: a: 0: input: /],
  ['an unknown model', () => ({ multipliers: { a: 0.5 } }), /prices: no listed price to multiply: a/],
])('%s is said', async (_case, own, message) => {
  await expect(runPricesOf(own())).rejects.toMatchObject({
    code: 'invalid_request',
    message: expect.stringMatching(message),
  })
})
