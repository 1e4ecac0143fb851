import type { BudgetKey, BudgetLimit, BudgetState } from '../../domain/budget.ts'
import { hold, settleInBudgets, withdraw } from '../../domain/budget-count.ts'
import { stateOf } from '../../domain/budget-period.ts'
import type { CallAccount, TenantAccount } from '../../domain/call-account.ts'
import { decideReserve } from '../../domain/reserve-decision.ts'
import type { CostRow } from '../../domain/cost-row.ts'
import type { CostQuery, Ledger, LedgerCall, ReserveAnswer, ReserveRequest, SettledCall } from '../../ports/ledger.ts'
import type { WorkspaceScope } from '../../ports/storage.ts'
import {
  assertAmounts,
  assertBudgetLimit,
  assertCostQuery,
  assertWorkspaceBudget,
} from '../ledger/check-ledger-input.ts'
import { entryOfCall } from '../ledger/entry-of-call.ts'
import type { MemoryLedgerBooks } from './ledger-books.ts'
import { sumCosts } from './ledger-costs.ts'

/** The ledger of one workspace in its organization's books. */
export class MemoryLedger implements Ledger {
  readonly #books: MemoryLedgerBooks
  readonly #scope: WorkspaceScope

  constructor(books: MemoryLedgerBooks, scope: WorkspaceScope) {
    this.#books = books
    this.#scope = scope
  }

  async setBudget(limit: BudgetLimit): Promise<BudgetState> {
    assertWorkspaceBudget(limit, this.#scope)
    assertBudgetLimit(limit)
    return stateOf(this.#books.setBudget(limit, this.#scope.workspaceId))
  }

  async removeBudget(key: BudgetKey): Promise<void> {
    assertWorkspaceBudget(key, this.#scope)
    this.#books.removeBudget(key, this.#scope.workspaceId)
  }

  async budgets(of?: CallAccount): Promise<BudgetState[]> {
    this.#books.giveUpDeadReservations()
    const budgets = of
      ? this.#books.budgetsOf(this.#tenant(of), Date.now())
      : this.#books.budgetsIn(this.#scope.workspaceId, Date.now())
    return budgets.map((budget) => stateOf(budget))
  }

  async reserve(request: ReserveRequest): Promise<ReserveAnswer> {
    const { reservationId: id, wantedNanoUsd, minimumNanoUsd, owner, ttlMs } = request
    assertAmounts({ wantedNanoUsd, minimumNanoUsd })
    const { workspaceId } = this.#scope
    const known = this.#books.reservation(workspaceId, id)
    if (known) return { status: 'reserved', grantedNanoUsd: known.grantedNanoUsd }
    const account = this.#tenant(request.account)
    const nowMs = Date.now()
    let budgets = this.#books.budgetsOf(account, nowMs)
    let decision = decideReserve(budgets, request)
    if (decision.status === 'busy') {
      this.#books.giveUpDeadReservations(decision.budget.scope === 'organization' ? undefined : workspaceId)
      budgets = this.#books.budgetsOf(account, nowMs)
      decision = decideReserve(budgets, request)
    }
    if (decision.status === 'unlimited') return decision
    if (decision.status !== 'reserved') return { status: decision.status, budget: stateOf(decision.budget) }
    const { grantedNanoUsd } = decision
    const times = { reservedAtMs: nowMs, expiresAtMs: nowMs + Math.round(ttlMs) }
    this.#books.putReservation({ id, account, grantedNanoUsd, owner: { ...owner }, ...times, isPresumed: false })
    this.#books.putBudgets(
      account,
      budgets.map((budget) => hold(budget, grantedNanoUsd)),
    )
    return decision
  }

  async keepReserved(reservationIds: readonly string[], { ttlMs }: { ttlMs: number }): Promise<void> {
    const nowMs = Date.now()
    for (const id of reservationIds) {
      const known = this.#books.reservation(this.#scope.workspaceId, id)
      if (!known || known.isPresumed || known.expiresAtMs <= nowMs) continue
      this.#books.putReservation({ ...known, expiresAtMs: nowMs + Math.round(ttlMs) })
    }
  }

  async release(reservationId: string): Promise<void> {
    const held = this.#books.takeReservation(this.#scope.workspaceId, reservationId)
    if (!held) return
    const budgets = this.#books.budgetsOf(held.account, held.reservedAtMs)
    this.#books.putBudgets(
      held.account,
      budgets.map((budget) => withdraw(budget, held)),
    )
  }

  async settle(call: LedgerCall): Promise<SettledCall> {
    const { reservationId, costNanoUsd, listCostNanoUsd, presumedNanoUsd } = call
    assertAmounts({ costNanoUsd, listCostNanoUsd, presumedNanoUsd })
    const { workspaceId } = this.#scope
    const entered = this.#books.entry(workspaceId, call.id)
    if (entered) {
      const budgets = this.#books.budgetsOf(entered.account, entered.countedAtMs).map((budget) => stateOf(budget))
      return { isDuplicate: entered.isDuplicate, isOverrun: entered.isOverrun, budgets, crossed: [] }
    }
    const isDuplicate = this.#books.knowsMessageOf(call, workspaceId)
    const held = reservationId === null ? undefined : this.#books.takeReservation(workspaceId, reservationId)
    // Whoever reserved it pays for it.
    const account = held?.account ?? this.#tenant(call.account)
    const countedAtMs = held?.reservedAtMs ?? Date.now()
    const before = this.#books.budgetsOf(account, countedAtMs)
    const settled = settleInBudgets(before, { ...call, isDuplicate, held, wasReserved: reservationId !== null })
    const { isOverrun } = settled
    const entry = structuredClone(entryOfCall(call, { ...settled, isDuplicate }))
    const amounts = { costNanoUsd: entry.costNanoUsd, presumedNanoUsd: entry.presumedNanoUsd }
    this.#books.addCall(entry, { account, countedAtMs, ...amounts, isDuplicate, isOverrun })
    this.#books.putBudgets(account, settled.budgets)
    return {
      isDuplicate,
      isOverrun,
      budgets: settled.budgets.map((budget) => stateOf(budget)),
      crossed: settled.crossed.map(({ budget, threshold }) => ({ budget: stateOf(budget), threshold })),
    }
  }

  async costs(query: CostQuery = {}): Promise<CostRow[]> {
    assertCostQuery(query)
    this.#books.giveUpDeadReservations(this.#scope.workspaceId)
    const own = this.#books.entries.filter(({ account }) => account.workspaceId === this.#scope.workspaceId)
    return sumCosts(own, query)
  }

  #tenant({ runId, sessionId, forkedFrom, userId }: CallAccount): TenantAccount {
    return { runId, sessionId, forkedFrom: [...forkedFrom], userId, ...tenantOf(this.#scope) }
  }
}

const tenantOf = ({ organizationId, workspaceId }: WorkspaceScope): WorkspaceScope => ({ organizationId, workspaceId })
