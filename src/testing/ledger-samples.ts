import type { BudgetKey, BudgetLimit } from '../domain/budget.ts'
import { noCallUsage } from '../domain/call-usage.ts'
import { newIdBody, newRunId, newSessionId } from '../domain/ids.ts'
import type { CallAccount, Ledger, LedgerCall, ReserveRequest } from '../ports/ledger.ts'
import { sampleOwner, scopeA } from './contract-samples.ts'

export const sampleAccount = (change: Partial<CallAccount> = {}): CallAccount => ({
  runId: newRunId(),
  sessionId: newSessionId(),
  forkedFrom: [],
  userId: 'ada',
  ...change,
})

/** A call of 10 nano-dollars. */
export const sampleCall = (account: CallAccount, change: Partial<LedgerCall> = {}): LedgerCall => ({
  id: `call_${newIdBody()}`,
  account,
  thread: null,
  tags: [],
  reservationId: null,
  kind: 'turn',
  upstream: 'script',
  model: 'claude-sonnet-4-5',
  messageId: `msg_${newIdBody()}`,
  requestId: null,
  usage: { ...noCallUsage, inputTokens: 3, outputTokens: 5 },
  costNanoUsd: 10n,
  listCostNanoUsd: 12n,
  presumedNanoUsd: 0n,
  certainty: 'known',
  firstTokenMs: 2.5,
  durationMs: 7.5,
  ...change,
})

/** A hard limit of 100 nano-dollars on the workspace. */
export const sampleLimit = (change: Partial<BudgetLimit> = {}): BudgetLimit => ({
  scope: 'workspace',
  id: scopeA.workspaceId,
  window: 'total',
  limitNanoUsd: 100n,
  mode: 'hard',
  thresholds: [],
  ...change,
})

/** Wants 40 nano-dollars and makes do with 10. */
export const sampleRequest = (account: CallAccount, change: Partial<ReserveRequest> = {}): ReserveRequest => ({
  reservationId: `hold_${newIdBody()}`,
  account,
  wantedNanoUsd: 40n,
  minimumNanoUsd: 10n,
  owner: sampleOwner(),
  ttlMs: 60_000,
  ...change,
})

/** The amounts of the ledger's budget, or of the only one: what was spent, what is presumed, what is held. */
export async function amountsOf(ledger: Ledger, key?: Partial<BudgetKey>): Promise<[bigint, bigint, bigint]> {
  const budgets = (await ledger.budgets()).filter(
    (budget) => (key?.scope ?? budget.scope) === budget.scope && (key?.id ?? budget.id) === budget.id,
  )
  const [budget, ...others] = budgets
  if (!budget || others.length > 0) throw new Error(`${budgets.length} budgets are meant`)
  return [budget.spentNanoUsd, budget.presumedNanoUsd, budget.reservedNanoUsd]
}
