import type { NanoUsd } from '../money.ts'
import { rateScale } from './cost-of-call.ts'
import type { ModelPrice, TokenRates } from './price-table.ts'

/** What a call may use at most. All of it is an upper bound: a call may use less of anything. */
export interface CallBounds {
  /** Everything that the model reads, from the cache or not. */
  readonly promptTokens: number
  readonly outputTokens: number
  /** The dearest write to the cache that may happen; an hour includes five minutes. */
  readonly cacheWrite: 'none' | '5m' | '1h'
  readonly webSearchRequests: number
  readonly speed: 'standard' | 'fast'
  /** Whether the call may be processed in the United States alone. */
  readonly mayRunInUsOnly: boolean
}

/** The highest cost of any call within the bounds, and no more. */
export function worstCaseCost(bounds: CallBounds, price: ModelPrice): NanoUsd {
  const percent = percentOf(bounds, price)
  const costs = dearestWays(bounds, price).map(({ prompt, outputRate }) => {
    const tokens = (prompt + BigInt(bounds.outputTokens) * outputRate) * percent
    return (tokens + rateScale - 1n) / rateScale
  })
  return searchesOf(bounds, price) + largest(costs)
}

/**
 * How many of the bounds' output tokens an amount pays for: the largest number with which the worst case is
 * within the amount, 0 where it does not even pay for one.
 */
export function outputTokensAffordable(
  amount: NanoUsd,
  { bounds, price }: { bounds: CallBounds; price: ModelPrice },
): number {
  const percent = percentOf(bounds, price)
  // Exact without a division: an amount covers what is at most `amount * rateScale` before rounding.
  const available = (amount - searchesOf(bounds, price)) * rateScale
  let affordable = BigInt(bounds.outputTokens)
  for (const { prompt, outputRate } of dearestWays(bounds, price)) {
    const left = available - prompt * percent
    if (left < 0n) return 0
    if (outputRate === 0n) continue
    const tokens = left / (outputRate * percent)
    if (tokens < affordable) affordable = tokens
  }
  return Number(affordable)
}

/** For each tier that the prompt may fall in, at each possible speed, the dearest prompt: tokens times rate. */
function dearestWays(
  bounds: CallBounds,
  { tiers }: ModelPrice,
): { readonly prompt: bigint; readonly outputRate: bigint }[] {
  return tiers.flatMap(({ abovePromptTokens, standard, fast }, index) => {
    if (index > 0 && bounds.promptTokens <= abovePromptTokens) return []
    // A long prompt may turn out short: a tier of its own, of which the longest prompt is the dearest.
    const longest = Math.min(bounds.promptTokens, tiers[index + 1]?.abovePromptTokens ?? Infinity)
    const speeds = bounds.speed === 'fast' && fast !== null ? [standard, fast] : [standard]
    return speeds.map((rates) => ({
      prompt: BigInt(longest) * dearestPromptRate(rates, bounds.cacheWrite),
      outputRate: rates.output,
    }))
  })
}

function dearestPromptRate(rates: TokenRates, cacheWrite: CallBounds['cacheWrite']): NanoUsd {
  const possible = [rates.input, rates.cacheRead]
  if (cacheWrite !== 'none') possible.push(rates.cacheWrite5m)
  if (cacheWrite === '1h') possible.push(rates.cacheWrite1h)
  return largest(possible)
}

const percentOf = ({ mayRunInUsOnly }: CallBounds, { usInferencePercent }: ModelPrice): bigint =>
  mayRunInUsOnly && usInferencePercent > 100n ? usInferencePercent : 100n

const searchesOf = ({ webSearchRequests }: CallBounds, { webSearchRequestNanoUsd }: ModelPrice): NanoUsd =>
  BigInt(webSearchRequests) * webSearchRequestNanoUsd

const largest = (amounts: readonly bigint[]): bigint =>
  amounts.reduce((most, amount) => (amount > most ? amount : most), 0n)
