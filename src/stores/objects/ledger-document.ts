import type { PeriodCount } from '../../domain/budget-period.ts'
import type { KeptBudget, KeptEntry, KeptReservation } from '../ledger/ledger-pages.ts'
import { emptyList, type ItemKind, type StoredList } from './stored-list.ts'

/** The books of one organization; what holds money is JSON in which an amount is `{ "nano": "…" }`. */
export interface LedgerDocument {
  readonly budgets: Readonly<Record<string, Plain<{ workspaceId: string | undefined; budget: KeptBudget }>>>
  /** By budget and period. */
  readonly counts: Readonly<Record<string, Plain<PeriodCount>>>
  readonly reservations: Readonly<Record<string, Plain<KeptReservation>>>
  readonly entries: StoredList<Plain<KeptEntry>>
}

/** A value as JSON text. */
export type Plain<Value> = string & { readonly of?: Value }

export const emptyLedger: LedgerDocument = { budgets: {}, counts: {}, reservations: {}, entries: emptyList }

export const plain = <Value>(value: Value): Plain<Value> =>
  JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? { nano: String(each) } : each))

export const unplain = <Value>(text: Plain<Value>): Value =>
  JSON.parse(text, (_, each: unknown) =>
    typeof each === 'object' && each !== null && 'nano' in each ? BigInt(each.nano as string) : each,
  ) as Value

/** Times sort as text. */
export const timeKey = (atMs: number): string => String(Math.floor(atMs)).padStart(16, '0')

export const ledgerItems: ItemKind<Plain<KeptEntry>> = {
  size: (text) => text.length + 60,
  valuesOf: (text) => {
    const { id, account, countedAtMs } = unplain(text)
    const { runId, sessionId, forkedFrom, userId, workspaceId } = account
    return {
      id: [id],
      time: [timeKey(countedAtMs)],
      run: [runId],
      session: [sessionId, ...forkedFrom],
      user: userId === null ? [] : [userId],
      workspace: [workspaceId],
    }
  },
}
