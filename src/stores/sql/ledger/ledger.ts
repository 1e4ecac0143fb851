import { sql, type Kysely } from 'kysely'
import type { BudgetKey, BudgetLimit, BudgetState } from '../../../domain/budget.ts'
import { hold } from '../../../domain/budget-count.ts'
import { stateOf } from '../../../domain/budget-period.ts'
import type { CallAccount, TenantAccount } from '../../../domain/call-account.ts'
import { decideReserve } from '../../../domain/reserve-decision.ts'
import type { SessionId } from '../../../domain/ids.ts'
import type { CostRow } from '../../../domain/cost-row.ts'
import type {
  CostQuery,
  Ledger,
  LedgerCall,
  LedgerEntry,
  ReserveAnswer,
  ReserveRequest,
  SettledCall,
} from '../../../ports/ledger.ts'
import type { WorkspaceScope } from '../../../ports/storage.ts'
import {
  assertAmounts,
  assertBudgetLimit,
  assertCostQuery,
  assertWorkspaceBudget,
} from '../../ledger/check-ledger-input.ts'
import type { Tables, WorkspaceColumns } from '../schema.ts'
import { queryCosts } from './cost-query.ts'
import { giveUpDeadReservations, giveUpIfDead, giveUpReservationsOf, readBudgets } from './give-up-reservations.ts'
import { budgetsIn, budgetsOf, ledgerTurn, putBudgets, type LedgerContext } from './ledger-context.ts'
import { periodsAt, sharedByWorkspaces, type Periods } from './ledger-rows.ts'
import { removeBudget, setBudget } from './set-budget.ts'
import { releaseReservation, settleCall } from './settle-call.ts'
import { adoptEntries, readEntries } from './travelling-entries.ts'

/** The ledger of one workspace. Each change is one transaction, and those of an organization wait for each other. */
export class SqlLedger implements Ledger {
  readonly #context: LedgerContext
  readonly #scope: WorkspaceScope
  readonly #workspace: WorkspaceColumns

  constructor(context: LedgerContext, scope: WorkspaceScope) {
    this.#context = context
    this.#scope = scope
    this.#workspace = { organization_id: scope.organizationId, workspace_id: scope.workspaceId }
  }

  async setBudget(limit: BudgetLimit): Promise<BudgetState> {
    assertWorkspaceBudget(limit, this.#scope)
    assertBudgetLimit(limit)
    const wanted = { limit, workspace: this.#workspace }
    return this.#context.backend.write(this.#turn, (transaction) => setBudget(transaction, wanted, this.#context))
  }

  async removeBudget(key: BudgetKey): Promise<void> {
    assertWorkspaceBudget(key, this.#scope)
    await this.#context.backend.write(this.#turn, (transaction) =>
      removeBudget(transaction, { key, workspace: this.#workspace }),
    )
  }

  async budgets(of?: CallAccount): Promise<BudgetState[]> {
    const { backend, queries } = this.#context
    const { organization_id, workspace_id } = this.#workspace
    const read = (periods: Periods) =>
      of
        ? budgetsOf(backend.reader, this.#tenant(of), { queries, periods })
        : budgetsIn(backend.reader, { organization_id, workspaceIds: [workspace_id, sharedByWorkspaces] }, periods)
    return readBudgets({ organization_id, read }, this.#context)
  }

  async reserve(request: ReserveRequest): Promise<ReserveAnswer> {
    const { wantedNanoUsd, minimumNanoUsd } = request
    assertAmounts({ wantedNanoUsd, minimumNanoUsd })
    return this.#context.backend.write(this.#turn, (transaction) => this.#reserve(transaction, request))
  }

  async keepReserved(reservationIds: readonly string[], { ttlMs }: { ttlMs: number }): Promise<void> {
    if (reservationIds.length === 0) return
    const { backend } = this.#context
    await backend.write(this.#turn, (transaction) =>
      transaction
        .updateTable('reservation')
        .set({ expires_at: sql<number>`${backend.now} + ${Math.round(ttlMs)}` })
        .where((eb) => eb.and({ ...this.#workspace, is_presumed: 0 }))
        .where('reservation_id', 'in', [...reservationIds])
        .where('expires_at', '>', backend.now)
        .execute(),
    )
  }

  async release(reservationId: string): Promise<void> {
    const reservation = { account: this.#scope, reservationId }
    await this.#context.backend.write(this.#turn, (transaction) =>
      releaseReservation(transaction, reservation, this.#context),
    )
  }

  async settle(call: LedgerCall): Promise<SettledCall> {
    const { costNanoUsd, listCostNanoUsd, presumedNanoUsd } = call
    assertAmounts({ costNanoUsd, listCostNanoUsd, presumedNanoUsd })
    const tenantCall = { ...call, account: this.#tenant(call.account) }
    return this.#context.backend.write(this.#turn, (transaction) => settleCall(transaction, tenantCall, this.#context))
  }

  async costs(query: CostQuery = {}): Promise<CostRow[]> {
    assertCostQuery(query)
    await giveUpIfDead(this.#workspace, this.#context)
    return queryCosts(this.#context.backend.reader, query, this.#workspace)
  }

  async giveUpReservations(sessionId: SessionId): Promise<void> {
    const session = { ...this.#workspace, session_id: sessionId }
    await this.#context.backend.write(this.#turn, (transaction) =>
      giveUpReservationsOf(transaction, session, this.#context),
    )
  }

  entries(sessionId: SessionId, page: { after?: string; limit: number }): Promise<LedgerEntry[]> {
    return readEntries(this.#context.backend.reader, this.#workspace, { sessionId, ...page })
  }

  async adopt(entries: readonly LedgerEntry[]): Promise<void> {
    const adopted = { entries, scope: this.#scope }
    await this.#context.backend.write(this.#turn, (transaction) => adoptEntries(transaction, adopted, this.#context))
  }

  async #reserve(transaction: Kysely<Tables>, request: ReserveRequest): Promise<ReserveAnswer> {
    const { queries } = this.#context
    const key = { ...this.#workspace, reservation_id: request.reservationId }
    const facts = (await transaction.executeQuery(queries.reservationFacts(key))).rows[0]!
    if (facts.granted !== null) return { status: 'reserved', grantedNanoUsd: BigInt(facts.granted) }
    const account = this.#tenant(request.account)
    const at = { queries, periods: periodsAt(facts.now) }
    let before = await budgetsOf(transaction, account, at)
    let decision = decideReserve(before, request)
    if (decision.status === 'busy') {
      const { organization_id } = this.#workspace
      const isShared = decision.budget.scope === 'organization'
      await giveUpDeadReservations(transaction, isShared ? { organization_id } : this.#workspace, this.#context)
      before = await budgetsOf(transaction, account, at)
      decision = decideReserve(before, request)
    }
    if (decision.status === 'unlimited') return decision
    if (decision.status !== 'reserved') return { status: decision.status, budget: stateOf(decision.budget) }
    const { grantedNanoUsd } = decision
    await transaction.executeQuery(
      queries.insertReservation({
        ...key,
        run_id: account.runId,
        session_id: account.sessionId,
        forked_from: JSON.stringify(account.forkedFrom),
        user_id: account.userId,
        granted_nano_usd: grantedNanoUsd,
        owner: JSON.stringify(request.owner),
        reserved_at: facts.now,
        ttl_ms: Math.round(request.ttlMs),
      }),
    )
    const after = before.map((budget) => hold(budget, grantedNanoUsd))
    await putBudgets(transaction, { before, after, workspace: this.#workspace }, queries)
    return decision
  }

  get #turn(): string {
    return ledgerTurn(this.#scope.organizationId)
  }

  #tenant({ runId, sessionId, forkedFrom, userId }: CallAccount): TenantAccount {
    const { organizationId, workspaceId } = this.#scope
    return { runId, sessionId, forkedFrom, userId, organizationId, workspaceId }
  }
}
