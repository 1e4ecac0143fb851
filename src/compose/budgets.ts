import { z } from 'zod'
import { budgetScopes, budgetWindows, type BudgetKey, type BudgetScope, type BudgetWindow } from '../domain/budget.ts'
import { nanoUsdFromUsd } from '../domain/money.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import { defaultScope } from '../ports/storage.ts'
import { budgetReport, type BudgetReport } from '../runtime/metering/run-meter.ts'
import { openAccounts, type WorkspaceOptions } from './open-workspace.ts'

export type { BudgetReport } from '../runtime/metering/run-meter.ts'

/** Which budget is meant. */
export interface BudgetName {
  /** `workspace` is a tenant, `organization` all of its tenants together. A session's budget holds for its forks too. */
  readonly scope: BudgetScope
  /** Id of the run, session or user. Default: the workspace, the organization. */
  readonly id?: string
  /** Over what time spending counts; days and months are those of UTC. Default: `total`. */
  readonly window?: BudgetWindow
}

export interface SetBudgetOptions extends WorkspaceOptions, BudgetName {
  /** US dollars. */
  readonly maxCostUSD: number
  /** `refuse` (the default): calls that could cost more are not made. `warn`: it is only said. */
  readonly onBudgetExceeded?: 'refuse' | 'warn'
  /** Shares of the budget whose crossing is said. Default: 0.8. */
  readonly thresholds?: readonly number[]
}

/**
 * Limits what a session, a user, a workspace or an organization may spend. It holds at once, also for runs under
 * way, in whatever process; what was already spent in the window counts.
 * @throws {PerdureError} `invalid_request`.
 */
export async function setBudget(options: SetBudgetOptions): Promise<BudgetReport> {
  const { maxCostUSD, onBudgetExceeded, thresholds } = checked(setBudgetSchema, options)
  const key = keyOf(options)
  const budget = await (
    await accountsOf(options)
  ).setBudget({
    ...key,
    limitNanoUsd: nanoUsdFromUsd(maxCostUSD),
    mode: onBudgetExceeded === 'warn' ? 'soft' : 'hard',
    thresholds: thresholds ?? [0.8],
  })
  return budgetReport(budget)
}

/** Takes a limit away; does nothing when there is none. @throws {PerdureError} `invalid_request`. */
export async function removeBudget(options: WorkspaceOptions & BudgetName): Promise<void> {
  const key = keyOf(options)
  await (await accountsOf(options)).removeBudget(key)
}

/** The budgets of a workspace and of its organization, and how they stand; those of single runs only when asked for. */
export async function listBudgets(
  options: WorkspaceOptions & { readonly runs?: boolean } = {},
): Promise<BudgetReport[]> {
  const budgets = await (await openAccounts(options)).workspace.budgets()
  return budgets.filter(({ scope }) => options.runs === true || scope !== 'run').map(budgetReport)
}

const nameSchema = z.object({
  scope: z.enum(budgetScopes),
  id: z.string().min(1).optional(),
  window: z.enum(budgetWindows).optional(),
})
const setBudgetSchema = z.object({
  maxCostUSD: z.number().min(0).max(8_000_000),
  onBudgetExceeded: z.enum(['refuse', 'warn']).optional(),
  thresholds: z.array(z.number().gt(0).lte(1)).optional(),
})

async function accountsOf(options: WorkspaceOptions & BudgetName) {
  const { workspace, organization } = await openAccounts(options)
  return options.scope === 'organization' ? organization : workspace
}

function keyOf(options: WorkspaceOptions & BudgetName): BudgetKey {
  const { scope, id = ownId(scope, options), window = 'total' } = checked(nameSchema, options)
  if (id === undefined)
    throw new PerdureError('invalid_request', `A budget of a ${scope} needs the id of the ${scope}.`)
  return { scope, id, window }
}

const ownId = (scope: BudgetScope, options: WorkspaceOptions): string | undefined => {
  if (scope === 'workspace') return options.workspaceId ?? defaultScope.workspaceId
  return scope === 'organization' ? (options.organizationId ?? defaultScope.organizationId) : undefined
}

function checked<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new PerdureError('invalid_request', `Budget: ${issue?.path.join('.')}: ${issue?.message}`)
}
