import type { BudgetKey, BudgetLimit, BudgetState } from '../../domain/budget.ts'
import { withdraw } from '../../domain/budget-count.ts'
import { stateOf } from '../../domain/budget-period.ts'
import type { CallAccount, TenantAccount } from '../../domain/call-account.ts'
import type { CostRow } from '../../domain/cost-row.ts'
import type { SessionId } from '../../domain/ids.ts'
import type {
  CostQuery,
  Ledger,
  LedgerCall,
  LedgerEntry,
  ReserveAnswer,
  ReserveRequest,
  SettledCall,
} from '../../ports/ledger.ts'
import type { WorkspaceScope } from '../../ports/storage.ts'
import { assertAmounts, assertBudgetLimit, assertCostQuery, assertWorkspaceBudget } from './check-ledger-input.ts'
import { nameOf, type LedgerBooks } from './ledger-books.ts'
import { reserve, settle } from './ledger-rules.ts'
import { sumCosts } from './sum-costs.ts'
import { adoptEntries, travellingEntries } from './travelling-entries.ts'

/** Lets a rule run on the books of an organization, whole or not at all, and resolves to what it returns once that is kept. */
export type KeepBooks = <Result>(rule: (books: LedgerBooks) => Result, options?: KeepBooksOptions) => Promise<Result>

export interface KeepBooksOptions {
  /** What the rule will ask for at once; only to save time. */
  readonly foreseen?: {
    readonly account: TenantAccount
    readonly reservationId: string | null
    readonly call?: LedgerCall
  }
  /** The rule sums up what is there, and must see what is entered meanwhile. */
  readonly isExact?: boolean
  /** The rule may read all entries: others need not wait for it. */
  readonly isLong?: boolean
}

/** The ledger of one workspace in its organization's books. */
export class BookLedger implements Ledger {
  readonly #keep: KeepBooks
  readonly #scope: WorkspaceScope

  constructor(keep: KeepBooks, scope: WorkspaceScope) {
    this.#keep = keep
    this.#scope = scope
  }

  async setBudget(limit: BudgetLimit): Promise<BudgetState> {
    assertWorkspaceBudget(limit, this.#scope)
    assertBudgetLimit(limit)
    const { workspaceId } = this.#scope
    return this.#keep((books) => stateOf(books.setBudget(limit, workspaceId)), { isExact: true })
  }

  async removeBudget(key: BudgetKey): Promise<void> {
    assertWorkspaceBudget(key, this.#scope)
    await this.#keep(({ pages }) => pages.putBudget(nameOf(key, this.#scope.workspaceId), undefined))
  }

  async budgets(of?: CallAccount): Promise<BudgetState[]> {
    return this.#keep((books) => {
      books.giveUpDeadReservations()
      const budgets = of
        ? books.budgetsOf(this.#tenant(of), books.pages.nowMs)
        : books.budgetsIn(this.#scope.workspaceId)
      return budgets.map((budget) => stateOf(budget))
    })
  }

  async reserve(request: ReserveRequest): Promise<ReserveAnswer> {
    const { reservationId, wantedNanoUsd, minimumNanoUsd } = request
    assertAmounts({ wantedNanoUsd, minimumNanoUsd })
    const account = this.#tenant(request.account)
    return this.#keep((books) => reserve(books, { ...request, account }), { foreseen: { account, reservationId } })
  }

  async keepReserved(reservationIds: readonly string[], { ttlMs }: { ttlMs: number }): Promise<void> {
    await this.#keep(({ pages }) => {
      for (const known of pages.reservations(this.#scope.workspaceId, reservationIds)) {
        if (!known || known.isPresumed || known.expiresAtMs <= pages.nowMs) continue
        pages.putReservation({ ...known, expiresAtMs: pages.nowMs + Math.round(ttlMs) })
      }
    })
  }

  async release(reservationId: string): Promise<void> {
    await this.#keep((books) => {
      const held = books.takeReservation(this.#scope.workspaceId, reservationId)
      if (!held) return
      const budgets = books.budgetsOf(held.account, held.reservedAtMs)
      books.putBudgets(
        held.account,
        budgets.map((budget) => withdraw(budget, held)),
      )
    })
  }

  async settle(call: LedgerCall): Promise<SettledCall> {
    const { reservationId, costNanoUsd, listCostNanoUsd, presumedNanoUsd } = call
    assertAmounts({ costNanoUsd, listCostNanoUsd, presumedNanoUsd })
    const account = this.#tenant(call.account)
    return this.#keep((books) => settle(books, { ...call, account }), { foreseen: { account, reservationId, call } })
  }

  async costs(query: CostQuery = {}): Promise<CostRow[]> {
    assertCostQuery(query)
    const own = { ...query, workspaceId: this.#scope.workspaceId }
    const sum = (books: LedgerBooks): CostRow[] => {
      books.giveUpDeadReservations(this.#scope.workspaceId)
      return sumCosts(books.pages, own)
    }
    return this.#keep(sum, { isLong: true })
  }

  async giveUpReservations(sessionId: SessionId): Promise<void> {
    const { workspaceId } = this.#scope
    await this.#keep((books) => books.giveUp(workspaceId, ({ account }) => account.sessionId === sessionId))
  }

  async entries(sessionId: SessionId, page: { after?: string; limit: number }): Promise<LedgerEntry[]> {
    const { workspaceId } = this.#scope
    return this.#keep(({ pages }) => travellingEntries(pages, { workspaceId, sessionId, ...page }), { isLong: true })
  }

  async adopt(entries: readonly LedgerEntry[]): Promise<void> {
    const given = structuredClone(entries)
    await this.#keep((books) => adoptEntries(books, given, this.#scope))
  }

  #tenant({ runId, sessionId, forkedFrom, userId }: CallAccount): TenantAccount {
    const { organizationId, workspaceId } = this.#scope
    return { runId, sessionId, forkedFrom: [...forkedFrom], userId, organizationId, workspaceId }
  }
}
