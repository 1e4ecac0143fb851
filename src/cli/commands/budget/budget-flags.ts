import type { BudgetName } from '../../../compose/budgets.ts'

/** Flags that say which budget is meant. */
export const budgetNameFlags = {
  scope: {
    type: 'enum',
    required: true,
    valueHint: 'scope',
    options: ['session', 'user', 'workspace', 'organization'] as string[],
    description: 'session, user, workspace or organization.',
  },
  id: { type: 'string', valueHint: 'id', description: 'Of the session or user. Default: the own workspace.' },
  window: {
    type: 'enum',
    valueHint: 'window',
    options: ['total', 'day', 'month'] as string[],
    description: 'total, day or month, in UTC. Default: total.',
  },
} as const

interface BudgetNameFlags {
  readonly scope: string
  readonly id?: string | undefined
  readonly window?: string | undefined
}

export const budgetNameOf = ({ scope, id, window }: BudgetNameFlags): BudgetName => ({
  scope: scope as BudgetName['scope'],
  ...(id === undefined ? {} : { id }),
  ...(window === undefined ? {} : { window: window as NonNullable<BudgetName['window']> }),
})
