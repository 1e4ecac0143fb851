import type { BudgetKey, BudgetLimit } from '../../domain/budget.ts'
import { presume } from '../../domain/budget-count.ts'
import {
  boundsOfPeriod,
  countOf,
  emptyPeriod,
  isSameBudget,
  openBudget,
  periodOf,
  type BudgetPeriod,
  type PeriodCount,
} from '../../domain/budget-period.ts'
import { countsIn, type TenantAccount } from '../../domain/call-account.ts'
import type { NanoUsd } from '../../domain/money.ts'
import type { LedgerCall } from '../../ports/ledger.ts'
import type { LeaseOwner } from '../../ports/lease.ts'
import type { Reservation } from '../ledger/reservation.ts'

export interface MemoryReservation extends Reservation {
  readonly owner: LeaseOwner
  readonly expiresAtMs: number
}

export interface MemoryEntry {
  readonly account: TenantAccount
  readonly countedAtMs: number
  readonly costNanoUsd: NanoUsd
  readonly presumedNanoUsd: NanoUsd
  /** Null for what is presumed of a call that was never heard of again, and for taking that back. */
  readonly call: LedgerCall | null
  readonly isDuplicate: boolean
  readonly isOverrun: boolean
}

interface KeptBudget {
  /** Undefined for a budget that all workspaces share. */
  readonly workspaceId: string | undefined
  readonly limit: BudgetLimit
  readonly isClosed: boolean
  readonly periods: Map<string, PeriodCount>
}

/** All that the ledgers of one organization hold. */
export class MemoryLedgerBooks {
  readonly organizationId: string
  readonly entries: MemoryEntry[] = []
  readonly #entriesById = new Map<string, MemoryEntry>()
  readonly #messages = new Set<string>()
  readonly #isOwnerGone: (owner: LeaseOwner) => boolean
  readonly #reservations = new Map<string, MemoryReservation>()
  #budgets: KeptBudget[] = []

  constructor(organizationId: string, isOwnerGone: (owner: LeaseOwner) => boolean) {
    this.organizationId = organizationId
    this.#isOwnerGone = isOwnerGone
  }

  /** What counts in it is kept, or summed up when the budget is new. */
  setBudget(limit: BudgetLimit, workspaceId: string | undefined): BudgetPeriod {
    const nowMs = Date.now()
    const period = periodOf(limit.window, nowMs)
    const known = this.#budgets.find((budget) => isKept(budget, limit, workspaceId))
    const counted = known
      ? (known.periods.get(period) ?? emptyPeriod(period))
      : countOf(period, this.#sumUp(limit, { workspaceId, nowMs }))
    const reservedNanoUsd = limit.mode === 'hard' ? this.#sumHeld(limit, { workspaceId, period }) : 0n
    const budget = openBudget(limit, { ...countsOf(counted), reservedNanoUsd })
    this.removeBudget(limit, workspaceId)
    const periods = new Map(known?.periods).set(period, countsOf(budget))
    this.#budgets.push({ workspaceId, limit: budget, isClosed: false, periods })
    return budget
  }

  removeBudget(key: BudgetKey, workspaceId: string | undefined): void {
    this.#budgets = this.#budgets.filter((budget) => !isKept(budget, key, workspaceId))
  }

  /** The budgets of a workspace and of the organization, or of the organization alone, in the periods of a moment. */
  budgetsIn(workspaceId: string | undefined, atMs: number): BudgetPeriod[] {
    return this.#budgets
      .filter((budget) => budget.workspaceId === undefined || budget.workspaceId === workspaceId)
      .map(({ limit, isClosed, periods }) => {
        const period = periodOf(limit.window, atMs)
        return { ...openBudget(limit, periods.get(period) ?? emptyPeriod(period)), isClosed }
      })
  }

  budgetsOf(account: TenantAccount, atMs: number): BudgetPeriod[] {
    return this.budgetsIn(account.workspaceId, atMs).filter((budget) => countsIn(budget, account))
  }

  /** Writes down how budgets of the account stand after something was counted. */
  putBudgets(account: TenantAccount, budgets: readonly BudgetPeriod[]): void {
    for (const budget of budgets) {
      const workspaceId = budget.scope === 'organization' ? undefined : account.workspaceId
      const index = this.#budgets.findIndex((kept) => isKept(kept, budget, workspaceId))
      const kept = this.#budgets[index]!
      kept.periods.set(budget.period, countsOf(budget))
      this.#budgets[index] = { ...kept, isClosed: budget.isClosed }
    }
  }

  entry(workspaceId: string, callId: string): MemoryEntry | undefined {
    return this.#entriesById.get(nameOf(workspaceId, callId))
  }

  /** Whether the session has an entry with the message of this call. */
  knowsMessageOf(call: LedgerCall, workspaceId: string): boolean {
    return call.messageId !== null && this.#messages.has(nameOf(workspaceId, call.account.sessionId, call.messageId))
  }

  addCall(call: LedgerCall, entry: Omit<MemoryEntry, 'call'>): void {
    const { workspaceId, sessionId } = entry.account
    const added = { ...entry, call }
    this.entries.push(added)
    this.#entriesById.set(nameOf(workspaceId, call.id), added)
    if (call.messageId !== null) this.#messages.add(nameOf(workspaceId, sessionId, call.messageId))
  }

  reservation(workspaceId: string, id: string): MemoryReservation | undefined {
    return this.#reservations.get(nameOf(workspaceId, id))
  }

  putReservation(reservation: MemoryReservation): void {
    this.#reservations.set(nameOf(reservation.account.workspaceId, reservation.id), reservation)
  }

  /** Ends a reservation; what was presumed of it is taken back. */
  takeReservation(workspaceId: string, id: string): MemoryReservation | undefined {
    const reservation = this.reservation(workspaceId, id)
    this.#reservations.delete(nameOf(workspaceId, id))
    if (reservation?.isPresumed) this.#enterPresumed(reservation, -reservation.grantedNanoUsd)
    return reservation
  }

  /** Counts as presumed what is held for calls of which nobody will hear any more; of all workspaces when none is named. */
  giveUpDeadReservations(workspaceId?: string): void {
    const nowMs = Date.now()
    for (const reservation of this.#reservations.values()) {
      const { account, grantedNanoUsd, reservedAtMs, isPresumed, expiresAtMs, owner } = reservation
      if (isPresumed || (workspaceId !== undefined && account.workspaceId !== workspaceId)) continue
      if (expiresAtMs > nowMs && !this.#isOwnerGone(owner)) continue
      this.putReservation({ ...reservation, isPresumed: true })
      this.#enterPresumed(reservation, grantedNanoUsd)
      const budgets = this.budgetsOf(account, reservedAtMs)
      this.putBudgets(
        account,
        budgets.map((budget) => presume(budget, grantedNanoUsd)),
      )
    }
  }

  #enterPresumed({ account, reservedAtMs }: Reservation, presumedNanoUsd: NanoUsd): void {
    const nothingKnown = { call: null, costNanoUsd: 0n, isDuplicate: false, isOverrun: false }
    this.entries.push({ ...nothingKnown, account, countedAtMs: reservedAtMs, presumedNanoUsd })
  }

  #sumUp(key: BudgetKey, at: { workspaceId: string | undefined; nowMs: number }) {
    const { fromMs, toMs } = boundsOfPeriod(key.window, at.nowMs)
    let [spentNanoUsd, presumedNanoUsd] = [0n, 0n]
    for (const { account, countedAtMs, ...entry } of this.entries) {
      if (at.workspaceId !== undefined && account.workspaceId !== at.workspaceId) continue
      if (countedAtMs < fromMs || countedAtMs >= toMs || !countsIn(key, account)) continue
      spentNanoUsd += entry.costNanoUsd
      presumedNanoUsd += entry.presumedNanoUsd
    }
    return { spentNanoUsd, presumedNanoUsd }
  }

  #sumHeld(key: BudgetKey, { workspaceId, period }: { workspaceId: string | undefined; period: string }): NanoUsd {
    return [...this.#reservations.values()]
      .filter(({ account, isPresumed }) => !isPresumed && (workspaceId ?? account.workspaceId) === account.workspaceId)
      .filter(({ account, reservedAtMs }) => countsIn(key, account) && periodOf(key.window, reservedAtMs) === period)
      .reduce((sum, { grantedNanoUsd }) => sum + grantedNanoUsd, 0n)
  }
}

const countsOf = ({
  period,
  spentNanoUsd,
  presumedNanoUsd,
  reservedNanoUsd,
  toldNanoUsd,
}: PeriodCount): PeriodCount => ({
  period,
  spentNanoUsd,
  presumedNanoUsd,
  reservedNanoUsd,
  toldNanoUsd,
})

const isKept = (budget: KeptBudget, key: BudgetKey, workspaceId: string | undefined): boolean =>
  budget.workspaceId === workspaceId && isSameBudget(budget.limit, key)

const nameOf = (...ids: string[]): string => JSON.stringify(ids)
