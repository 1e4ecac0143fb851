import type { BudgetKey, BudgetLimit, BudgetState } from '../domain/budget.ts'
import type { CallUsage } from '../domain/call-usage.ts'
import type { CallAccount } from '../domain/call-account.ts'
import type { CostDimension, CostRow, OrganizationCostDimension } from '../domain/cost-row.ts'
import type { SessionId } from '../domain/ids.ts'
import type { NanoUsd } from '../domain/money.ts'
import type { ReserveDecision } from '../domain/reserve-decision.ts'
import type { LeaseOwner } from './lease.ts'

export type { CallAccount } from '../domain/call-account.ts'

/**
 * What model calls cost, and how far they may go, for one workspace. Calls are only ever added. A
 * reservation holds a call's worst case in every hard budget above it, at once or not at all, whatever
 * else reserves at the same time; times and windows are those of the store's clock, in UTC.
 */
export interface Ledger {
  /**
   * Sets a limit, new or other than before. What was already spent in its window counts; a closed budget is open again.
   * @throws {PerdureError} `invalid_request`; `permission_denied` for a budget of the organization.
   */
  setBudget(limit: BudgetLimit): Promise<BudgetState>
  /** Does nothing when there is none. @throws {PerdureError} as `setBudget`. */
  removeBudget(key: BudgetKey): Promise<void>
  /** The budgets of this workspace and of its organization, or only those that a call of this account counts in. */
  budgets(of?: CallAccount): Promise<BudgetState[]>

  /** @throws {PerdureError} `invalid_request` for what is no amount. */
  reserve(request: ReserveRequest): Promise<ReserveAnswer>
  /** Prolongs reservations of calls under way; those that ran out already are not revived. */
  keepReserved(reservationIds: readonly string[], options: { ttlMs: number }): Promise<void>
  /** Gives back what was reserved for a call that was never made, also when it was presumed meanwhile. */
  release(reservationId: string): Promise<void>
  /**
   * Enters a call and counts it in every budget of its account, at the time when it was reserved or else now; what
   * was reserved for it is given back. Entered twice under one id, it counts once. A message id that the session has
   * already is a duplicate: its usage and cost are entered as zero and, where a hard budget holds, the cost is presumed.
   * @throws {PerdureError} `invalid_request` for what is no amount.
   */
  settle(call: LedgerCall): Promise<SettledCall>

  /** What calls cost, summed by the dimensions asked for; ordered by them. */
  costs(query?: CostQuery): Promise<CostRow[]>

  /**
   * Presumes the worst of all that is still held for calls of a session that nobody drives. Whoever settles such a call
   * after all, corrects it.
   */
  giveUpReservations(sessionId: SessionId): Promise<void>
  /** All that counts in budgets of this session, its forks' calls included, ordered by id; at most `limit` after the id `after`. */
  entries(sessionId: SessionId, page: { after?: string; limit: number }): Promise<LedgerEntry[]>
  /**
   * Takes entries over from another ledger, at the time at which they counted there, and counts them in every budget above
   * them whose present period that is in. One whose id is there already is left as it is.
   */
  adopt(entries: readonly LedgerEntry[]): Promise<void>
}

/** What was entered: a call, or an amount that is presumed of one that was never heard of again, or taken back. */
export interface LedgerEntry {
  readonly id: string
  /** The time at which it counts, in milliseconds since 1970. */
  readonly countedAtMs: number
  readonly account: CallAccount
  readonly costNanoUsd: NanoUsd
  /** May be below zero. */
  readonly presumedNanoUsd: NanoUsd
  readonly isDuplicate: boolean
  readonly isOverrun: boolean
  /** Null for what is presumed or taken back. */
  readonly call: EnteredCall | null
}

/** What is kept of a call beside what it costs its account. */
export type EnteredCall = Pick<
  LedgerCall,
  | 'thread'
  | 'tags'
  | 'kind'
  | 'upstream'
  | 'model'
  | 'messageId'
  | 'requestId'
  | 'usage'
  | 'listCostNanoUsd'
  | 'certainty'
  | 'firstTokenMs'
  | 'durationMs'
>

export interface ReserveRequest {
  /** Chosen by the caller; asked again under the same id, the answer is the same. */
  readonly reservationId: string
  readonly account: CallAccount
  /** The call's worst case, and the least with which it still makes sense. */
  readonly wantedNanoUsd: NanoUsd
  readonly minimumNanoUsd: NanoUsd
  /** Who makes the call: when it provably lives no more, or the time is over, the worst case counts as presumed. */
  readonly owner: LeaseOwner
  readonly ttlMs: number
}

export type ReserveAnswer = ReserveDecision

/** One model call, as it is entered. */
export interface LedgerCall {
  /** Chosen by the caller (`call_…`). */
  readonly id: string
  readonly account: CallAccount
  /** The sub-agent's own id; null for the main thread. */
  readonly thread: string | null
  /** Labels of the session at the time of the call. */
  readonly tags: readonly string[]
  /** What was reserved for it, by the same account; null where nothing was. */
  readonly reservationId: string | null
  readonly kind: 'turn' | 'side' | 'compaction'
  readonly upstream: string
  /** As it was asked for. */
  readonly model: string
  readonly messageId: string | null
  readonly requestId: string | null
  readonly usage: CallUsage
  /** What the call costs this account, and what it costs by the public list. Zero where no price is known. */
  readonly costNanoUsd: NanoUsd
  readonly listCostNanoUsd: NanoUsd
  /** What it may have cost beyond that, and nobody can know: a cut answer, a connection that broke. */
  readonly presumedNanoUsd: NanoUsd
  /** Whether the cost is what the service said, or follows from what was seen of the answer. */
  readonly certainty: 'known' | 'estimated' | 'unpriced'
  readonly firstTokenMs: number | null
  readonly durationMs: number
}

export interface SettledCall {
  /** The message was entered before: this call cost nothing more. */
  readonly isDuplicate: boolean
  /** The cost was above what had been reserved: the budgets are closed. */
  readonly isOverrun: boolean
  /** The budgets that the call counted in, as they stand now in the period in which it counts. */
  readonly budgets: readonly BudgetState[]
  /** Thresholds of those budgets that are crossed and that no call was told before, 1 for the limit itself. */
  readonly crossed: readonly { readonly budget: BudgetState; readonly threshold: number }[]
}

export interface CostQuery {
  readonly from?: Date
  /** Exclusive. */
  readonly to?: Date
  /** At most one of minute, hour, day, month. A call with several tags counts under each of them. */
  readonly groupBy?: readonly CostDimension[]
  readonly runId?: string
  readonly sessionId?: string
  readonly userId?: string
  readonly tag?: string
  readonly model?: string
}

/** What an operator sees and limits over all workspaces of an organization. */
export interface OrganizationLedger {
  /** A budget of scope `organization`. @throws {PerdureError} `invalid_request`. */
  setBudget(limit: BudgetLimit): Promise<BudgetState>
  /** Does nothing when there is none. */
  removeBudget(key: BudgetKey): Promise<void>
  /** Those of scope `organization`. */
  budgets(): Promise<BudgetState[]>
  costs(query?: OrganizationCostQuery): Promise<CostRow<OrganizationCostDimension>[]>
}

export interface OrganizationCostQuery extends Omit<CostQuery, 'groupBy'> {
  readonly groupBy?: readonly OrganizationCostDimension[]
  readonly workspaceId?: string
}
