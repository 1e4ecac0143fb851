import { promptTokensOf, type CallUsage } from '../call-usage.ts'
import type { NanoUsd } from '../money.ts'
import type { ModelPrice, PriceTier, TokenRates } from './price-table.ts'

/** What a call cost: exact, rounded up to a whole nano-dollar. */
export function costOfCall(usage: CallUsage, price: ModelPrice): NanoUsd {
  const rates = ratesOf(tierOf(price, promptTokensOf(usage)), usage.speed)
  return amountOf({
    tokensTimesRates:
      BigInt(usage.inputTokens) * rates.input +
      BigInt(usage.outputTokens) * rates.output +
      BigInt(usage.cacheWrite5mInputTokens) * rates.cacheWrite5m +
      BigInt(usage.cacheWrite1hInputTokens) * rates.cacheWrite1h +
      BigInt(usage.cacheReadInputTokens) * rates.cacheRead,
    percent: usage.inferenceGeo === 'us' ? price.usInferencePercent : 100n,
    plus: BigInt(usage.webSearchRequests) * price.webSearchRequestNanoUsd,
  })
}

/** Rates are per million tokens, and surcharges per cent. */
export const rateScale = 100_000_000n

function amountOf(parts: { tokensTimesRates: bigint; percent: bigint; plus: NanoUsd }): NanoUsd {
  return parts.plus + (parts.tokensTimesRates * parts.percent + rateScale - 1n) / rateScale
}

function tierOf({ tiers }: ModelPrice, promptTokens: number): PriceTier {
  return tiers.findLast((tier) => promptTokens > tier.abovePromptTokens) ?? tiers[0]
}

/** The rates of calls with a prompt of this size, at standard speed. */
export const ratesAt = (price: ModelPrice, promptTokens: number): TokenRates => tierOf(price, promptTokens).standard

const ratesOf = ({ standard, fast }: PriceTier, speed: CallUsage['speed']): TokenRates =>
  speed === 'fast' ? (fast ?? standard) : standard
