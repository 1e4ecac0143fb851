import { z } from 'zod'
import { nanoUsdFromUsd } from '../money.ts'
import type { PriceRow, PriceTable, PriceTier, TokenRates } from './price-table.ts'
import { scalePrice, type Billionths } from './scale-price.ts'

const dollars = z.number().min(0).max(1_000)

/** Dollars per million tokens. */
const rates = z.strictObject({
  input: dollars,
  output: dollars,
  cacheWrite5m: dollars,
  cacheWrite1h: dollars,
  cacheRead: dollars,
})

const tier = rates.extend({ fast: rates.exactOptional() })

const overrideRow = tier
  .extend({
    validFrom: z.iso.date().exactOptional(),
    /** From the shortest prompts to the longest. */
    longPrompts: z.array(tier.extend({ abovePromptTokens: z.int().positive() })).exactOptional(),
    webSearchRequest: dollars.exactOptional(),
    /** Times the rates, for tokens that are processed in the United States alone. */
    usInferenceFactor: z.number().min(1).max(10).multipleOf(0.01).exactOptional(),
  })
  .refine(({ longPrompts = [] }) => isAscending(longPrompts.map(({ abovePromptTokens }) => abovePromptTokens)), {
    path: ['longPrompts'],
    error: 'longPrompts must go from the shortest prompts to the longest',
  })

const multiplier = z.number().positive().max(10)

/**
 * Prices of a user's own, for a file: `multiplier` for all of the list (contract rates); per model rows with
 * their first days, or a multiplier of its own. Everything is in dollars, tokens by the million.
 */
export const priceOverridesSchema = z.strictObject({
  multiplier: multiplier.exactOptional(),
  models: z
    .record(z.string().min(1), z.union([z.strictObject({ multiplier }), z.array(overrideRow).min(1)]))
    .refine((models) => Object.values(models).every((rows) => !Array.isArray(rows) || isDistinct(rows)), {
      error: 'a model has two prices from the same day',
    })
    .exactOptional(),
})

export type PriceOverrides = z.infer<typeof priceOverridesSchema>
type OverrideRow = z.infer<typeof overrideRow>

/**
 * A table in which a user's prices stand before the list's. A model's rows take the place of the list's
 * from their first day on; before it the list goes on to hold. Multipliers apply to the list alone: rows of
 * one's own are what they say.
 * @throws {RangeError} for the multiplier of a model that the list does not have.
 */
export function overridePrices(table: PriceTable, { multiplier: all = 1, models = {} }: PriceOverrides): PriceTable {
  const own = new Map(Object.entries(models))
  const listed = new Set(table.map(({ model }) => model))
  const unlisted = [...own].find(([model, override]) => !Array.isArray(override) && !listed.has(model))
  if (unlisted !== undefined) throw new RangeError(`no listed price to multiply: ${unlisted[0]}`)
  const kept = table.flatMap((row) => {
    const override = own.get(row.model)
    if (!Array.isArray(override)) return [scalePrice(row, billionthsOf(override?.multiplier ?? all))]
    const begins = override.map(({ validFrom }) => validFrom ?? '').reduce((a, b) => (a < b ? a : b))
    return (row.validFrom ?? '') < begins ? [scalePrice(row, billionthsOf(all))] : []
  })
  const added = [...own].flatMap(([model, override]) =>
    Array.isArray(override) ? override.map((one) => priceRow(model, one)) : [],
  )
  return [...kept, ...added]
}

function priceRow(model: string, one: OverrideRow): PriceRow {
  const tierOf = (from: z.infer<typeof tier>, abovePromptTokens: number): PriceTier => ({
    abovePromptTokens,
    standard: ratesOf(from),
    fast: from.fast === undefined ? null : ratesOf(from.fast),
  })
  const { validFrom, longPrompts = [], webSearchRequest = 0.01, usInferenceFactor = 1.1 } = one
  return {
    model,
    validFrom: validFrom ?? null,
    source: 'own',
    tiers: [tierOf(one, 0), ...longPrompts.map((long) => tierOf(long, long.abovePromptTokens))],
    webSearchRequestNanoUsd: nanoUsdFromUsd(webSearchRequest),
    usInferencePercent: BigInt(Math.round(usInferenceFactor * 100)),
  }
}

const ratesOf = ({ input, output, cacheWrite5m, cacheWrite1h, cacheRead }: z.infer<typeof rates>): TokenRates => ({
  input: nanoUsdFromUsd(input),
  output: nanoUsdFromUsd(output),
  cacheWrite5m: nanoUsdFromUsd(cacheWrite5m),
  cacheWrite1h: nanoUsdFromUsd(cacheWrite1h),
  cacheRead: nanoUsdFromUsd(cacheRead),
})

const billionthsOf = (factor: number): Billionths => nanoUsdFromUsd(factor)

const isAscending = (numbers: readonly number[]): boolean =>
  numbers.every((number, index) => index === 0 || number > numbers[index - 1]!)

const isDistinct = (rows: readonly { validFrom?: string }[]): boolean =>
  new Set(rows.map(({ validFrom }) => validFrom)).size === rows.length
