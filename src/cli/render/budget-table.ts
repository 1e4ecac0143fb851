import type { BudgetReport } from '../../compose/budgets.ts'
import type { Style } from './style.ts'
import { formatUsd, plainText } from './text.ts'
import { renderTable } from './table.ts'

/** Budgets, one a line. */
export function renderBudgetTable(budgets: readonly BudgetReport[], style: Style): string {
  const header = ['scope', 'id', 'window', 'mode', 'limit', 'spent', 'presumed', 'reserved']
  const rows = budgets.map((budget) => [
    budget.scope,
    plainText(budget.id),
    budget.window,
    budget.mode,
    formatUsd(budget.limitUsd),
    formatUsd(budget.spentUsd),
    formatUsd(budget.presumedUsd),
    formatUsd(budget.reservedUsd),
  ])
  return renderTable([header, ...rows], { style, left: 4 })
}
