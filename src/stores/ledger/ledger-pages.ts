import type { BudgetKey, BudgetLimit, BudgetScope } from '../../domain/budget.ts'
import type { PeriodCount } from '../../domain/budget-period.ts'
import type { TenantAccount } from '../../domain/call-account.ts'
import type { LedgerEntry } from '../../ports/ledger.ts'
import type { LeaseOwner } from '../../ports/lease.ts'
import type { Reservation } from './reservation.ts'

/**
 * What the books of one organization are written on. Reading and writing take no time here: a backend that has its
 * pages elsewhere brings those that a rule asks for and lets the rule run again.
 */
export interface LedgerPages {
  /** The store's clock, in milliseconds since 1970; the same for as long as a rule runs. */
  readonly nowMs: number
  /** In the order of the names. */
  budgets(names: readonly BudgetName[]): (KeptBudget | undefined)[]
  /** All of a workspace, or those that its organization's workspaces share. */
  budgetsIn(workspaceId: string | undefined): KeptBudget[]
  putBudget(name: BudgetName, budget: KeptBudget | undefined): void
  /** In the order of the names. */
  counts(names: readonly PeriodName[]): (PeriodCount | undefined)[]
  putCount(name: BudgetName, count: PeriodCount): void
  /** In the order of the ids. */
  reservations(workspaceId: string, ids: readonly string[]): (KeptReservation | undefined)[]
  /** Those that are not presumed, of all workspaces when none is named. */
  held(workspaceId: string | undefined): KeptReservation[]
  putReservation(reservation: KeptReservation): void
  removeReservation(reservation: KeptReservation): void
  /** In the order of the ids. */
  entries(workspaceId: string, ids: readonly string[]): (KeptEntry | undefined)[]
  /** At least those that are meant; more may be among them. */
  findEntries(meant: MeantEntries): Iterable<KeptEntry>
  /** Whether the session has an entry with this message. */
  knowsMessage(message: MessageName): boolean
  putEntry(entry: KeptEntry): void
}

/** Budgets of scope `organization` belong to no workspace. */
export interface BudgetName extends BudgetKey {
  readonly workspaceId: string | undefined
}

export interface PeriodName extends BudgetName {
  readonly period: string
}

export interface MessageName {
  readonly workspaceId: string
  readonly sessionId: string
  readonly messageId: string
}

export interface KeptBudget {
  readonly limit: BudgetLimit
  readonly isClosed: boolean
}

export interface KeptReservation extends Reservation {
  readonly owner: LeaseOwner
  readonly expiresAtMs: number
}

export interface KeptEntry extends LedgerEntry {
  readonly account: TenantAccount
}

/** Entries of one workspace or of all, of one payer or of all, of a time. */
export interface MeantEntries {
  readonly workspaceId: string | undefined
  readonly payer?: { readonly scope: BudgetScope; readonly id: string } | undefined
  readonly fromMs: number
  /** Exclusive. */
  readonly toMs: number
}
