import type { BudgetKey, BudgetLimit, BudgetState } from '../../domain/budget.ts'
import { stateOf } from '../../domain/budget-period.ts'
import type { CostRow, OrganizationCostDimension } from '../../domain/cost-row.ts'
import type { OrganizationCostQuery, OrganizationLedger } from '../../ports/ledger.ts'
import { assertBudgetLimit, assertCostQuery, assertOrganizationBudget } from '../ledger/check-ledger-input.ts'
import type { MemoryLedgerBooks } from './ledger-books.ts'
import { sumCosts } from './ledger-costs.ts'

export class MemoryOrganizationLedger implements OrganizationLedger {
  readonly #books: MemoryLedgerBooks

  constructor(books: MemoryLedgerBooks) {
    this.#books = books
  }

  async setBudget(limit: BudgetLimit): Promise<BudgetState> {
    assertOrganizationBudget(limit, this.#books.organizationId)
    assertBudgetLimit(limit)
    return stateOf(this.#books.setBudget(limit, undefined))
  }

  async removeBudget(key: BudgetKey): Promise<void> {
    assertOrganizationBudget(key, this.#books.organizationId)
    this.#books.removeBudget(key, undefined)
  }

  async budgets(): Promise<BudgetState[]> {
    this.#books.giveUpDeadReservations()
    return this.#books.budgetsIn(undefined, Date.now()).map((budget) => stateOf(budget))
  }

  async costs(query: OrganizationCostQuery = {}): Promise<CostRow<OrganizationCostDimension>[]> {
    assertCostQuery(query)
    this.#books.giveUpDeadReservations(query.workspaceId)
    return sumCosts(this.#books.entries, query)
  }
}
