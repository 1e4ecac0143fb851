import type { CostReport } from '../../compose/costs.ts'
import type { OrganizationCostDimension } from '../../domain/cost-row.ts'

const numbers = [
  'calls', 'inputTokens', 'outputTokens', 'cacheReadInputTokens', 'cacheWrite5mInputTokens',
  'cacheWrite1hInputTokens', 'webSearchRequests', 'cacheHitRate', 'costUsd', 'listCostUsd', 'presumedUsd', 'unpricedCalls',
] as const // prettier-ignore

/** Costs as comma-separated values (RFC 4180), a heading first. */
export const renderCostCsv = (rows: readonly CostReport[], groupBy: readonly OrganizationCostDimension[]): string =>
  [
    [...groupBy, ...numbers],
    ...rows.map((row) => [...groupBy.map((name) => row.group[name] ?? ''), ...numbers.map((name) => row[name] ?? '')]),
  ]
    .map((cells) => cells.map((cell) => cellOf(String(cell))).join(','))
    .join('\r\n')

/** What a spreadsheet would take for a formula is made plain text. */
function cellOf(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
