import type { SettledBudgets } from '../../domain/budget-count.ts'
import { noCallUsage } from '../../domain/call-usage.ts'
import type { LedgerCall } from '../../ports/ledger.ts'

/** The call as it is entered: of a duplicate only that it was made, for everything it used stands there already. */
export function entryOfCall(call: LedgerCall, settled: SettledBudgets & { isDuplicate: boolean }): LedgerCall {
  const { costNanoUsd, presumedNanoUsd } = settled
  const entered = { ...call, costNanoUsd, presumedNanoUsd }
  if (!settled.isDuplicate) return entered
  const { speed, inferenceGeo } = call.usage
  return { ...entered, usage: { ...noCallUsage, speed, inferenceGeo }, listCostNanoUsd: 0n }
}
