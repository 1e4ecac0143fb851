import type { PriceTable } from '../prices/price-table.ts'
import { cacheFindings } from './cache-findings.ts'
import { conversationsOf, type AdviceRow } from './conversations.ts'
import type { CostFinding } from './cost-finding.ts'
import { keepWarmPrices, type AverageKeepWarmPrice } from './keep-warm-prices.ts'
import { priceFindings } from './price-findings.ts'

export interface AdviceOptions {
  readonly prices: PriceTable
  /** Whether some of the prices are the account's own. */
  readonly hasOwnPrices: boolean
}

export interface Advice {
  /** The largest saving first. Each is told by itself: of two for the same calls, the second saves less. */
  readonly findings: readonly CostFinding[]
  readonly keepWarm: readonly AverageKeepWarmPrice[]
}

/** What could cost less, and what keeping conversations warm would cost. */
export function adviceOn(rows: readonly AdviceRow[], options: AdviceOptions): Advice {
  const conversations = conversationsOf(rows, options.prices)
  const findings = [...cacheFindings(conversations), ...priceFindings(rows, options)]
  return {
    findings: findings.toSorted((left, right) => Number(right.savesNanoUsd - left.savesNanoUsd)),
    keepWarm: keepWarmPrices(conversations),
  }
}
