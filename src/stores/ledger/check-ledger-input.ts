import { budgetScopes, budgetWindows, type BudgetKey, type BudgetLimit } from '../../domain/budget.ts'
import type { NanoUsd } from '../../domain/money.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import { costDimensions } from '../../domain/cost-row.ts'
import type { OrganizationCostQuery } from '../../ports/ledger.ts'
import type { WorkspaceScope } from '../../ports/storage.ts'
import { timeDimensions } from './cost-rows.ts'

/** A billion dollars: sums of nine such amounts still fit into the 64 bits of a database. */
const largestAmount = 10n ** 18n

/** @throws {PerdureError} `invalid_request`. */
export function assertBudgetLimit(limit: BudgetLimit): void {
  assertAmount('limitNanoUsd', limit.limitNanoUsd)
  if (limit.mode !== 'hard' && limit.mode !== 'soft') {
    throw invalid(`the mode of a budget is hard or soft, not ${String(limit.mode)}`, 'Set mode to hard or soft.')
  }
  const outside = limit.thresholds.find((threshold) => !(threshold >= 0 && threshold <= 1))
  if (outside !== undefined) {
    throw invalid(`${outside} is no share of a budget`, 'Give thresholds as shares of the limit, from 0 to 1.')
  }
}

/** What a workspace may set: budgets in itself. @throws {PerdureError} `invalid_request`, `permission_denied`. */
export function assertWorkspaceBudget(key: BudgetKey, scope: WorkspaceScope): void {
  assertKey(key)
  if (key.scope === 'organization') {
    throw new PerdureError('permission_denied', 'a workspace cannot change the budgets of its organization', {
      hint: 'Set it as the operator, through storage.organization(…).',
    })
  }
  if (key.scope === 'workspace' && key.id !== scope.workspaceId) {
    throw new PerdureError('permission_denied', `workspace ${scope.workspaceId} cannot change budgets of ${key.id}`, {
      hint: 'Use the ledger of that workspace.',
    })
  }
}

/** @throws {PerdureError} `invalid_request`, `permission_denied`. */
export function assertOrganizationBudget(key: BudgetKey, organizationId: string): void {
  assertKey(key)
  if (key.scope !== 'organization') {
    throw invalid(
      `an operator sets budgets of scope organization, not ${key.scope}`,
      'Use the ledger of the workspace: storage.workspace(…).ledger.',
    )
  }
  if (key.id !== organizationId) {
    throw new PerdureError('permission_denied', `this is the ledger of ${organizationId}, not of ${key.id}`, {
      hint: 'Use storage.organization(…) of that organization.',
    })
  }
}

/** @throws {PerdureError} `invalid_request` for what is negative or beyond a billion dollars. */
export function assertAmounts(amounts: Readonly<Record<string, NanoUsd>>): void {
  for (const [name, amount] of Object.entries(amounts)) assertAmount(name, amount)
}

/** @throws {PerdureError} `invalid_request`. */
export function assertCostQuery(query: OrganizationCostQuery): void {
  const known = new Set<string>([...costDimensions, 'workspace'])
  const unknown = query.groupBy?.find((dimension) => !known.has(dimension))
  if (unknown !== undefined) throw invalid(`costs cannot be grouped by ${unknown}`, `Use ${[...known].join(', ')}.`)
  const times = query.groupBy?.filter((name) => (timeDimensions as readonly string[]).includes(name)) ?? []
  if (times.length > 1)
    throw invalid(`costs are grouped by ${times.join(' and ')}`, 'Give one of minute, hour, day, month.')
  for (const time of [query.from, query.to]) {
    if (time && Number.isNaN(time.getTime())) throw invalid('the time of a cost query is no date', 'Give a valid Date.')
  }
}

function assertKey(key: BudgetKey): void {
  if (!budgetScopes.includes(key.scope)) {
    throw invalid(`there is no budget scope ${key.scope}`, `Use one of ${budgetScopes.join(', ')}.`)
  }
  if (!budgetWindows.includes(key.window)) {
    throw invalid(`there is no budget window ${key.window}`, `Use one of ${budgetWindows.join(', ')}.`)
  }
  if (typeof key.id !== 'string' || key.id === '') {
    throw invalid('a budget has no id', `Give the id of the ${key.scope} that it limits.`)
  }
}

function assertAmount(name: string, amount: NanoUsd): void {
  if (typeof amount === 'bigint' && amount >= 0n && amount <= largestAmount) return
  throw invalid(
    `${name} is no amount: ${String(amount)}`,
    'Give nano-dollars as a bigint, from 0 to 10^18; nanoUsdFromUsd makes them from dollars.',
  )
}

const invalid = (message: string, hint: string): PerdureError => new PerdureError('invalid_request', message, { hint })
