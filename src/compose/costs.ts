import { usdFromNanoUsd } from '../domain/money.ts'
import type { CostQuery, CostRow } from '../ports/ledger.ts'
import { openAccounts, type WorkspaceOptions } from './open-workspace.ts'

/** What model calls cost, in dollars; sums of one value of each dimension that was asked for. */
export interface CostReport extends Omit<CostRow, 'costNanoUsd' | 'listCostNanoUsd' | 'presumedNanoUsd'> {
  readonly costUsd: number
  /** By the public price list, where a contract has other prices. */
  readonly listCostUsd: number
  /** What may have been billed beyond that and nobody can know, such as the rest of a cut answer. */
  readonly presumedUsd: number
  /** Share of the input that was read from the cache, from 0 to 1; null without input. */
  readonly cacheHitRate: number | null
}

/**
 * What a workspace's agents cost, by run, session, sub-agent, user, tag, model or time.
 * @throws {PerdureError} `invalid_request`.
 */
export async function costs(options: WorkspaceOptions & CostQuery = {}): Promise<CostReport[]> {
  const { storage, dataDirectory, organizationId, workspaceId, ...query } = options
  const rows = await (await openAccounts(options)).workspace.costs(query)
  return rows.map(costReport)
}

function costReport({ costNanoUsd, listCostNanoUsd, presumedNanoUsd, ...row }: CostRow): CostReport {
  const input = row.inputTokens + row.cacheReadInputTokens + row.cacheWrite5mInputTokens + row.cacheWrite1hInputTokens
  return {
    ...row,
    costUsd: usdFromNanoUsd(costNanoUsd),
    listCostUsd: usdFromNanoUsd(listCostNanoUsd),
    presumedUsd: usdFromNanoUsd(presumedNanoUsd),
    cacheHitRate: input === 0 ? null : row.cacheReadInputTokens / input,
  }
}
