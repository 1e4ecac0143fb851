import type { NanoUsd } from '../money.ts'
import type { ModelPrice, PriceTier, TokenRates } from './price-table.ts'

/** A factor as billionths, so that the product of two decimal numbers is exact. */
export type Billionths = bigint

/** A price times a factor: rates are rounded up to whole nano-dollars per million tokens. */
export function scalePrice<Price extends ModelPrice>(price: Price, factor: Billionths): Price {
  const scaled = (amount: NanoUsd): NanoUsd => (amount * factor + 999_999_999n) / 1_000_000_000n
  const scaledRates = ({ input, output, cacheWrite5m, cacheWrite1h, cacheRead }: TokenRates): TokenRates => ({
    input: scaled(input),
    output: scaled(output),
    cacheWrite5m: scaled(cacheWrite5m),
    cacheWrite1h: scaled(cacheWrite1h),
    cacheRead: scaled(cacheRead),
  })
  const scaledTier = (tier: PriceTier): PriceTier => ({
    abovePromptTokens: tier.abovePromptTokens,
    standard: scaledRates(tier.standard),
    fast: tier.fast === null ? null : scaledRates(tier.fast),
  })
  const [first, ...others] = price.tiers
  return {
    ...price,
    tiers: [scaledTier(first), ...others.map(scaledTier)],
    webSearchRequestNanoUsd: scaled(price.webSearchRequestNanoUsd),
  }
}
