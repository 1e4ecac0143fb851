import { usdFromNanoUsd } from '../domain/money.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import type { CostRow, OrganizationCostDimension } from '../domain/cost-row.ts'
import type { OrganizationCostQuery } from '../ports/ledger.ts'
import { openAccounts, type WorkspaceOptions } from './open-workspace.ts'

/** What model calls cost, in dollars; sums of one value of each dimension that was asked for. */
export interface CostReport extends Omit<
  CostRow<OrganizationCostDimension>,
  'costNanoUsd' | 'listCostNanoUsd' | 'presumedNanoUsd'
> {
  readonly costUsd: number
  /** By the public price list, where a contract has other prices. */
  readonly listCostUsd: number
  /** What may have been billed beyond that and nobody can know, such as the rest of a cut answer. */
  readonly presumedUsd: number
  /** Share of the input that was read from the cache, from 0 to 1; null without input. */
  readonly cacheHitRate: number | null
}

export interface CostOptions extends WorkspaceOptions, OrganizationCostQuery {
  /** Over all workspaces of the organization, which can then be a dimension; for operators, not for tenants. */
  readonly allWorkspaces?: boolean
}

/**
 * What a workspace’s agents cost, by run, session, sub-agent, user, tag, model or time.
 * @throws {PerdureError} `invalid_request`.
 */
export async function costs(options: CostOptions = {}): Promise<CostReport[]> {
  const { storage: _storage, dataDirectory: _directory, organizationId: _organization, ...rest } = options
  const { allWorkspaces, workspaceId, ...query } = rest
  const { workspace, organization } = await openAccounts(options)
  if (allWorkspaces === true) {
    const rows = await organization.costs({ ...query, ...(workspaceId === undefined ? {} : { workspaceId }) })
    return rows.map(costReport)
  }
  const groupBy = (query.groupBy ?? []).filter((dimension) => dimension !== 'workspace')
  if (groupBy.length < (query.groupBy ?? []).length) {
    throw new PerdureError('invalid_request', 'Costs by workspace are an operator’s: set allWorkspaces.')
  }
  return (await workspace.costs({ ...query, groupBy })).map(costReport)
}

function costReport({
  costNanoUsd,
  listCostNanoUsd,
  presumedNanoUsd,
  ...row
}: CostRow<OrganizationCostDimension>): CostReport {
  const input = row.inputTokens + row.cacheReadInputTokens + row.cacheWrite5mInputTokens + row.cacheWrite1hInputTokens
  return {
    ...row,
    costUsd: usdFromNanoUsd(costNanoUsd),
    listCostUsd: usdFromNanoUsd(listCostNanoUsd),
    presumedUsd: usdFromNanoUsd(presumedNanoUsd),
    cacheHitRate: input === 0 ? null : row.cacheReadInputTokens / input,
  }
}
