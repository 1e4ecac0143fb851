import type { CacheTtl } from '../cache-strategy.ts'
import { noCallUsage } from '../call-usage.ts'
import { keepWarmPrice, type KeepWarmPrice } from '../keep-warm-price.ts'
import { averageCached, sumOf, type Conversation } from './conversations.ts'

/** What it would cost to keep an average conversation of a model warm for an hour. */
export interface AverageKeepWarmPrice extends KeepWarmPrice {
  readonly model: string
  readonly ttl: CacheTtl
  readonly cachedTokens: number
}

const hourMs = 60 * 60_000

/** For the main conversations, by model; those without a cache are left out. */
export function keepWarmPrices(conversations: readonly Conversation[]): AverageKeepWarmPrice[] {
  const main = conversations.filter(({ role }) => role === 'main')
  return [...Map.groupBy(main, ({ model }) => model)].flatMap(([model, group]) => {
    const sums = sumOf(group)
    const cachedTokens = Math.round(averageCached(sums))
    if (cachedTokens === 0) return []
    const ttl: CacheTtl = sums.written1h > sums.written5m ? '1h' : '5m'
    const inputTokens = Math.round(sums.input / sums.calls)
    const usage = { ...noCallUsage, inputTokens, cacheReadInputTokens: cachedTokens }
    return [{ model, ttl, cachedTokens, ...keepWarmPrice({ usage, ttl, forMs: hourMs }, group[0]!.price) }]
  })
}
