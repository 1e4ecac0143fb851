import type { CallAccount } from '../../domain/call-account.ts'
import { periodOf } from '../../domain/budget-period.ts'
import type { NanoUsd } from '../../domain/money.ts'
import type { LedgerEntry } from '../../ports/ledger.ts'

/** Entries that count in the same periods of the same budgets, and what they come to. */
export interface AdoptedSums {
  readonly account: CallAccount
  /** Any moment of the day on which they count. */
  readonly countedAtMs: number
  readonly sums: { readonly spentNanoUsd: NanoUsd; readonly presumedNanoUsd: NanoUsd }
  readonly entries: readonly LedgerEntry[]
}

/** Sums up entries by account and day, so that a long session is counted in a few steps. */
export function adoptedSums(entries: readonly LedgerEntry[]): AdoptedSums[] {
  const groups = new Map<string, AdoptedSums>()
  for (const entry of entries) {
    const { account, countedAtMs, costNanoUsd, presumedNanoUsd } = entry
    const name = JSON.stringify([
      account.runId,
      account.sessionId,
      account.forkedFrom,
      account.userId,
      periodOf('day', countedAtMs),
    ])
    const known = groups.get(name)
    groups.set(name, {
      account: known?.account ?? account,
      countedAtMs: known?.countedAtMs ?? countedAtMs,
      sums: {
        spentNanoUsd: (known?.sums.spentNanoUsd ?? 0n) + costNanoUsd,
        presumedNanoUsd: (known?.sums.presumedNanoUsd ?? 0n) + presumedNanoUsd,
      },
      entries: [...(known?.entries ?? []), entry],
    })
  }
  return [...groups.values()]
}
