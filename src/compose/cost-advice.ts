import { adviceDimensions, type AdviceRow } from '../domain/advice/conversations.ts'
import { adviceOn } from '../domain/advice/advice-on.ts'
import type { AverageKeepWarmPrice } from '../domain/advice/keep-warm-prices.ts'
import type { CostFinding } from '../domain/advice/cost-finding.ts'
import { usdFromNanoUsd } from '../domain/money.ts'
import type { PriceOverrides } from '../domain/prices/override-prices.ts'
import type { CostQuery } from '../ports/ledger.ts'
import { configuredPrices } from './configuration/configured-prices.ts'
import { openAccounts, type WorkspaceOptions } from './open-workspace.ts'
import { runPricesOf } from './run-prices.ts'

export interface CostAdviceOptions extends WorkspaceOptions, Omit<CostQuery, 'groupBy'> {
  /** What models cost you, as for a run. Default: those of the configuration, else the public list. */
  readonly prices?: PriceOverrides | string | undefined
}

/** Something that can be changed, and what that would have saved, in dollars of the account's prices. */
export interface CostFindingReport extends Omit<CostFinding, 'savesNanoUsd'> {
  readonly savesUsd: number
}

/** What keeping an average conversation's cache warm costs. */
export interface KeepWarmReport extends Pick<AverageKeepWarmPrice, 'model' | 'ttl' | 'cachedTokens' | 'everyMs'> {
  /** One reading of the entry. */
  readonly readingUsd: number
  /** All readings of an hour that are worth it. */
  readonly hourUsd: number
  /** What the next request costs more where the entry is lost. */
  readonly lossUsd: number
}

export interface CostAdvice {
  /** The largest saving first. Each is told by itself: of two for the same calls, the second saves less. */
  readonly findings: readonly CostFindingReport[]
  readonly keepWarm: readonly KeepWarmReport[]
}

/**
 * What could cost less in a workspace: how the prompt cache was used, what its other strategies would have cost for
 * the same calls, and what prices are missing. Computed from the ledger by the price table.
 * @throws {PerdureError} `invalid_request`.
 */
export async function costAdvice(options: CostAdviceOptions = {}): Promise<CostAdvice> {
  const { storage: _storage, dataDirectory: _directory, organizationId: _organization, ...rest } = options
  const { workspaceId: _workspace, prices, ...query } = rest
  const { workspace } = await openAccounts(options)
  const rows: readonly AdviceRow[] = await workspace.costs({ ...query, groupBy: adviceDimensions })
  const own = prices ?? (await configuredPrices(process.env))
  const { billed } = await runPricesOf(own)
  const { findings, keepWarm } = adviceOn(rows, { prices: billed, hasOwnPrices: own !== undefined })
  return {
    findings: findings.map(({ savesNanoUsd, ...finding }) => ({ ...finding, savesUsd: usdFromNanoUsd(savesNanoUsd) })),
    keepWarm: keepWarm.map(({ model, ttl, cachedTokens, everyMs, ...price }) => ({
      model,
      ttl,
      cachedTokens,
      everyMs,
      readingUsd: usdFromNanoUsd(price.pingNanoUsd),
      hourUsd: usdFromNanoUsd(price.totalNanoUsd),
      lossUsd: usdFromNanoUsd(price.lossNanoUsd),
    })),
  }
}
