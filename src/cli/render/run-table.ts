import type { EngineRun } from '../../compose/engine/runs.ts'
import type { Style } from './style.ts'
import { renderTable } from './table.ts'
import { plainText } from './text.ts'

/** Runs of the queue, one a line. */
export function renderRunTable(runs: readonly EngineRun[], style: Style): string {
  const rows = runs.map(({ id, status, attempt, submittedAt, endedAt, error }) => [
    plainText(id),
    status,
    submittedAt.toISOString().slice(0, 19),
    endedAt?.toISOString().slice(0, 19) ?? '',
    error?.code ?? '',
    String(attempt),
  ])
  return renderTable([['run', 'status', 'submitted', 'ended', 'error', 'attempt'], ...rows], { style, left: 5 })
}
