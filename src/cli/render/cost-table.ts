import type { CostReport } from '../../compose/costs.ts'
import type { OrganizationCostDimension } from '../../domain/cost-row.ts'
import type { Style } from './style.ts'
import { formatNumber, formatUsd, plainText } from './text.ts'
import { renderTable } from './table.ts'

export interface CostTableOptions {
  readonly style: Style
  readonly groupBy: readonly OrganizationCostDimension[]
}

/** Costs as a table, and below it what is worth knowing about them. */
export function renderCostTable(rows: readonly CostReport[], { style, groupBy }: CostTableOptions): string {
  const header = [...groupBy, 'calls', 'input', 'from cache', 'output', 'cost']
  const lines = rows.map((row) => [
    ...groupBy.map((dimension) => plainText(row.group[dimension] ?? '–')),
    formatNumber(row.calls),
    formatNumber(inputOf(row)),
    row.cacheHitRate === null ? '–' : `${Math.round(row.cacheHitRate * 100)} %`,
    formatNumber(row.outputTokens),
    formatUsd(row.costUsd),
  ])
  return [
    renderTable([header, ...lines], { style, left: groupBy.length }),
    // A call with several tags stands in several rows.
    ...(groupBy.includes('tag') ? [] : [style.dim(`in all ${formatUsd(sum(rows, 'costUsd'))}`)]),
    ...notes(rows).map((note) => style.yellow(note)),
  ].join('\n')
}

function notes(rows: readonly CostReport[]): string[] {
  const presumed = sum(rows, 'presumedUsd')
  const unpriced = sum(rows, 'unpricedCalls')
  return [
    ...(presumed > 0 ? [`up to ${formatUsd(presumed)} more may be billed: calls whose end nobody saw`] : []),
    ...(unpriced > 0 ? [`${formatNumber(unpriced)} calls of models without a known price are not in the cost`] : []),
  ]
}

const inputOf = (row: CostReport): number =>
  row.inputTokens + row.cacheReadInputTokens + row.cacheWrite5mInputTokens + row.cacheWrite1hInputTokens

const sum = (rows: readonly CostReport[], field: 'costUsd' | 'presumedUsd' | 'unpricedCalls'): number =>
  rows.reduce((total, row) => total + row[field], 0)
