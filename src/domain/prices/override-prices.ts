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

const multiplier = z.number().min(0.000_001).max(10)

/**
 * Prices of a user's own, for a file. Contract rates are a `multiplier` of all of the list, or `multipliers` of
 * models; `models` have prices of their own with their first days, in dollars, tokens by the million.
 */
export const priceOverridesSchema = z.strictObject({
  multiplier: multiplier.exactOptional(),
  multipliers: z.record(z.string().min(1), multiplier).exactOptional(),
  models: z
    .record(
      z.string().min(1),
      z.array(overrideRow).min(1).refine(isDistinct, { error: 'two prices hold from the same day' }),
    )
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
export function overridePrices(table: PriceTable, overrides: PriceOverrides): PriceTable {
  const multipliers = new Map(Object.entries(overrides.multipliers ?? {}))
  const models = new Map(Object.entries(overrides.models ?? {}))
  for (const model of multipliers.keys()) {
    if (table.some((row) => row.model === model)) continue
    throw new RangeError(`no listed price to multiply: ${model}`)
  }
  const kept = table
    .filter((row) => !models.get(row.model)?.some((own) => startOf(own) <= startOf(row)))
    .map((row) => scalePrice(row, billionthsOf(multipliers.get(row.model) ?? overrides.multiplier ?? 1)))
  return [...kept, ...[...models].flatMap(([model, rows]) => rows.map((own) => priceRow(model, own)))]
}

/** Sorts before every day where no day is given. */
const startOf = ({ validFrom }: { validFrom?: string | null }): string => validFrom ?? ''

function priceRow(model: string, own: OverrideRow): PriceRow {
  const tierOf = (from: z.infer<typeof tier>, abovePromptTokens: number): PriceTier => ({
    abovePromptTokens,
    standard: ratesOf(from),
    fast: from.fast === undefined ? null : ratesOf(from.fast),
  })
  const { validFrom, longPrompts = [], webSearchRequest = 0.01, usInferenceFactor = 1.1 } = own
  return {
    model,
    validFrom: validFrom ?? null,
    source: 'own',
    tiers: [tierOf(own, 0), ...longPrompts.map((long) => tierOf(long, long.abovePromptTokens))],
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

function isDistinct(rows: readonly { validFrom?: string }[]): boolean {
  return new Set(rows.map(startOf)).size === rows.length
}
