import type { CostRow, OrganizationCostDimension } from '../../domain/cost-row.ts'

/** A row of costs by any dimensions, the workspace included. */
export type AnyCostRow = CostRow<OrganizationCostDimension>

export const timeDimensions = ['minute', 'hour', 'day', 'month'] as const
export type TimeDimension = (typeof timeDimensions)[number]

const labelLengths: Record<TimeDimension, number> = {
  minute: '2026-11-21T14:05'.length,
  hour: '2026-11-21T14'.length,
  day: '2026-11-21'.length,
  month: '2026-11'.length,
}

/** The minute, hour, day or month of a moment in UTC, as it stands in a row. */
export const timeLabel = (dimension: TimeDimension, atMs: number): string =>
  new Date(atMs).toISOString().slice(0, labelLengths[dimension])

export const noCosts: Omit<AnyCostRow, 'group'> = {
  calls: 0,
  inputTokens: 0,
  outputTokens: 0,
  cacheReadInputTokens: 0,
  cacheWrite5mInputTokens: 0,
  cacheWrite1hInputTokens: 0,
  webSearchRequests: 0,
  costNanoUsd: 0n,
  listCostNanoUsd: 0n,
  presumedNanoUsd: 0n,
  unpricedCalls: 0,
}

/** Adds up rows of the same group, and orders the groups by the dimensions as they were asked for. */
export function mergeCostRows(
  rows: Iterable<AnyCostRow>,
  dimensions: readonly OrganizationCostDimension[] = [],
): AnyCostRow[] {
  const merged = new Map<string, AnyCostRow>()
  for (const row of rows) {
    const name = JSON.stringify(dimensions.map((dimension) => row.group[dimension] ?? null))
    const known = merged.get(name)
    merged.set(name, known ? addCosts(known, row) : row)
  }
  // What was presumed and taken back again is nothing.
  const told = [...merged.values()].filter((row) => row.calls > 0 || row.presumedNanoUsd !== 0n)
  return told.toSorted((left, right) => compareGroups(left, right, dimensions))
}

function addCosts(left: AnyCostRow, right: AnyCostRow): AnyCostRow {
  return {
    group: left.group,
    calls: left.calls + right.calls,
    inputTokens: left.inputTokens + right.inputTokens,
    outputTokens: left.outputTokens + right.outputTokens,
    cacheReadInputTokens: left.cacheReadInputTokens + right.cacheReadInputTokens,
    cacheWrite5mInputTokens: left.cacheWrite5mInputTokens + right.cacheWrite5mInputTokens,
    cacheWrite1hInputTokens: left.cacheWrite1hInputTokens + right.cacheWrite1hInputTokens,
    webSearchRequests: left.webSearchRequests + right.webSearchRequests,
    costNanoUsd: left.costNanoUsd + right.costNanoUsd,
    listCostNanoUsd: left.listCostNanoUsd + right.listCostNanoUsd,
    presumedNanoUsd: left.presumedNanoUsd + right.presumedNanoUsd,
    unpricedCalls: left.unpricedCalls + right.unpricedCalls,
  }
}

function compareGroups(left: AnyCostRow, right: AnyCostRow, dimensions: readonly OrganizationCostDimension[]): number {
  for (const dimension of dimensions) {
    const [a, b] = [left.group[dimension] ?? '', right.group[dimension] ?? '']
    if (a !== b) return a < b ? -1 : 1
  }
  return 0
}
