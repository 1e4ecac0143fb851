import type { BudgetKey, BudgetLimit, BudgetState } from '../../../domain/budget.ts'
import type { CostRow, OrganizationCostDimension } from '../../../domain/cost-row.ts'
import type { OrganizationCostQuery, OrganizationLedger } from '../../../ports/ledger.ts'
import { assertBudgetLimit, assertCostQuery, assertOrganizationBudget } from '../../ledger/check-ledger-input.ts'
import { queryCosts } from './cost-query.ts'
import { giveUpIfDead, readBudgets } from './give-up-reservations.ts'
import { budgetsIn, ledgerTurn, type LedgerContext } from './ledger-context.ts'
import { sharedByWorkspaces, type Periods } from './ledger-rows.ts'
import { removeBudget, setBudget } from './set-budget.ts'

export class SqlOrganizationLedger implements OrganizationLedger {
  readonly #context: LedgerContext
  readonly #organizationId: string

  constructor(context: LedgerContext, organizationId: string) {
    this.#context = context
    this.#organizationId = organizationId
  }

  async setBudget(limit: BudgetLimit): Promise<BudgetState> {
    assertOrganizationBudget(limit, this.#organizationId)
    assertBudgetLimit(limit)
    const wanted = { limit, workspace: this.#workspace }
    return this.#context.backend.write(ledgerTurn(this.#organizationId), (transaction) =>
      setBudget(transaction, wanted, this.#context),
    )
  }

  async removeBudget(key: BudgetKey): Promise<void> {
    assertOrganizationBudget(key, this.#organizationId)
    await this.#context.backend.write(ledgerTurn(this.#organizationId), (transaction) =>
      removeBudget(transaction, { key, workspace: this.#workspace }),
    )
  }

  async budgets(): Promise<BudgetState[]> {
    const { organization_id } = this.#workspace
    const { reader } = this.#context.backend
    const read = (periods: Periods) =>
      budgetsIn(reader, { organization_id, workspaceIds: [sharedByWorkspaces] }, periods)
    return readBudgets({ organization_id, read }, this.#context)
  }

  async costs(query: OrganizationCostQuery = {}): Promise<CostRow<OrganizationCostDimension>[]> {
    assertCostQuery(query)
    const { organization_id } = this.#workspace
    await giveUpIfDead({ organization_id }, this.#context)
    const { workspaceId: workspace_id } = query
    const scope = workspace_id === undefined ? { organization_id } : { organization_id, workspace_id }
    return queryCosts(this.#context.backend.reader, query, scope)
  }

  get #workspace() {
    return { organization_id: this.#organizationId, workspace_id: sharedByWorkspaces }
  }
}
