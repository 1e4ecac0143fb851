import type { BudgetKey, BudgetLimit, BudgetState } from '../../domain/budget.ts'
import { stateOf } from '../../domain/budget-period.ts'
import type { CostRow, OrganizationCostDimension } from '../../domain/cost-row.ts'
import type { OrganizationCostQuery, OrganizationLedger } from '../../ports/ledger.ts'
import type { KeepBooks } from './book-ledger.ts'
import { assertBudgetLimit, assertCostQuery, assertOrganizationBudget } from './check-ledger-input.ts'
import { nameOf, type LedgerBooks } from './ledger-books.ts'
import { sumCosts } from './sum-costs.ts'

/** What an operator sees of an organization's books. */
export class BookOrganizationLedger implements OrganizationLedger {
  readonly #keep: KeepBooks
  readonly #organizationId: string

  constructor(keep: KeepBooks, organizationId: string) {
    this.#keep = keep
    this.#organizationId = organizationId
  }

  async setBudget(limit: BudgetLimit): Promise<BudgetState> {
    assertOrganizationBudget(limit, this.#organizationId)
    assertBudgetLimit(limit)
    return this.#keep((books) => stateOf(books.setBudget(limit, undefined)), { isExact: true })
  }

  async removeBudget(key: BudgetKey): Promise<void> {
    assertOrganizationBudget(key, this.#organizationId)
    await this.#keep(({ pages }) => pages.putBudget(nameOf(key, undefined), undefined))
  }

  async budgets(): Promise<BudgetState[]> {
    return this.#keep((books) => {
      books.giveUpDeadReservations()
      return books.budgetsIn(undefined).map((budget) => stateOf(budget))
    })
  }

  async costs(query: OrganizationCostQuery = {}): Promise<CostRow<OrganizationCostDimension>[]> {
    assertCostQuery(query)
    const sum = (books: LedgerBooks): CostRow<OrganizationCostDimension>[] => {
      books.giveUpDeadReservations(query.workspaceId)
      return sumCosts(books.pages, query)
    }
    return this.#keep(sum, { isLong: true })
  }
}
