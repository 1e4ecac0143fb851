import { nanoUsdFromUsd } from '../money.ts'
import type { PriceRow, PriceTable, PriceTier, TokenRates } from './price-table.ts'

/**
 * Public prices of the Claude API as of 2026-11-21. `measured`: what version 2.1.329 of the `claude` binary
 * charges for each kind of token, equal to Anthropic's pricing page where the page has the model.
 * `documented`: Anthropic's pages alone.
 */
export const listPrices: PriceTable = [
  row('claude-fable-5-2', { standard: [8, 40, 0.2], fast: [16, 80, 0.4] }),
  row('claude-fable-5-1', { standard: [10, 50, 0.25] }),
  row('claude-fable-5', { standard: [10, 50, 1] }),
  row('claude-mythos-5-2', { standard: [8, 40, 0.2], fast: [16, 80, 0.4] }),
  row('claude-mythos-5-1', { standard: [10, 50, 0.25] }),
  row('claude-mythos-5', { standard: [10, 50, 1] }),
  row('claude-opus-5-5', { standard: [4, 20, 0.2], fast: [8, 40, 0.4] }),
  row('claude-opus-5', { standard: [5, 25, 0.5], fast: [10, 50, 1] }),
  row('claude-opus-4-8', { standard: [5, 25, 0.5], fast: [10, 50, 1] }),
  row('claude-opus-4-7', { standard: [5, 25, 0.5], fast: [30, 150, 3] }),
  row('claude-opus-4-6', { standard: [5, 25, 0.5], fast: [30, 150, 3] }),
  row('claude-opus-4-5', { standard: [5, 25, 0.5] }),
  row('claude-sonnet-5-5', { standard: [2, 10, 0.2], source: 'documented' }),
  row('claude-sonnet-5-5', { standard: [2, 10, 0.1], validFrom: '2026-10-07' }),
  row('claude-sonnet-5', { standard: [2, 10, 0.2] }),
  row('claude-sonnet-4-6', { standard: [3, 15, 0.3] }),
  row('claude-sonnet-4-5', { standard: [3, 15, 0.3] }),
  row('claude-haiku-5-5', { standard: [0.1, 0.5, 0.01], above: { promptTokens: 100_000, rates: [0.5, 2.5, 0.05] } }),
  row('claude-haiku-4-5', { standard: [1, 5, 0.1] }),
]

/** Dollars per million tokens: input, output, cache read. */
type ListRates = readonly [input: number, output: number, cacheRead: number]

interface ListRow {
  readonly standard: ListRates
  readonly fast?: ListRates
  readonly above?: { readonly promptTokens: number; readonly rates: ListRates }
  readonly validFrom?: string
  readonly source?: 'measured' | 'documented'
}

function row(model: string, { standard, fast, above, validFrom, source = 'measured' }: ListRow): PriceRow {
  const tier = (abovePromptTokens: number, rates: ListRates): PriceTier => ({
    abovePromptTokens,
    standard: ratesOf(rates),
    fast: fast === undefined ? null : ratesOf(fast),
  })
  return {
    model,
    validFrom: validFrom ?? null,
    source,
    tiers: [tier(0, standard), ...(above === undefined ? [] : [tier(above.promptTokens, above.rates)])],
    webSearchRequestNanoUsd: nanoUsdFromUsd(0.01),
    usInferencePercent: 110n,
  }
}

/** Cache writes cost 1.25 times the input where they last five minutes, twice the input where they last an hour. */
function ratesOf([input, output, cacheRead]: ListRates): TokenRates {
  return {
    input: nanoUsdFromUsd(input),
    output: nanoUsdFromUsd(output),
    cacheWrite5m: nanoUsdFromUsd(input * 1.25),
    cacheWrite1h: nanoUsdFromUsd(input * 2),
    cacheRead: nanoUsdFromUsd(cacheRead),
  }
}
