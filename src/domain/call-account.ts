import type { BudgetKey } from './budget.ts'
import type { RunId, SessionId } from './ids.ts'

/** Who pays for a call. */
export interface CallAccount {
  readonly runId: RunId
  readonly sessionId: SessionId
  /** The sessions that this one is a fork of, nearest first. */
  readonly forkedFrom: readonly SessionId[]
  readonly userId: string | null
}

/** The account with the tenant it belongs to. */
export interface TenantAccount extends CallAccount {
  readonly workspaceId: string
  readonly organizationId: string
}

/** Whether a call of this account counts in the budget. */
export function countsIn(budget: BudgetKey, account: TenantAccount): boolean {
  switch (budget.scope) {
    case 'run':
      return budget.id === account.runId
    case 'session':
      return budget.id === account.sessionId || account.forkedFrom.some((session) => session === budget.id)
    case 'user':
      return budget.id === account.userId
    case 'workspace':
      return budget.id === account.workspaceId
    case 'organization':
      return budget.id === account.organizationId
  }
}
