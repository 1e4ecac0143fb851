import { budgetWindows, type BudgetLimit, type BudgetScope } from '../../domain/budget.ts'
import { presume } from '../../domain/budget-count.ts'
import {
  boundsOfPeriod,
  countOf,
  emptyPeriod,
  openBudget,
  periodOf,
  type BudgetPeriod,
  type PeriodCount,
} from '../../domain/budget-period.ts'
import { countsIn, type TenantAccount } from '../../domain/call-account.ts'
import { newIdBody } from '../../domain/ids.ts'
import type { NanoUsd } from '../../domain/money.ts'
import type { LeaseOwner } from '../../ports/lease.ts'
import type { BudgetName, KeptBudget, KeptReservation, LedgerPages } from './ledger-pages.ts'
import type { Reservation } from './reservation.ts'

/** The rules by which the books of one organization are kept, whatever they are written on. */
export class LedgerBooks {
  readonly pages: LedgerPages
  readonly #isOwnerGone: (owner: LeaseOwner) => boolean

  constructor(pages: LedgerPages, isOwnerGone: (owner: LeaseOwner) => boolean) {
    this.pages = pages
    this.#isOwnerGone = isOwnerGone
  }

  /** What counts in it is kept, or summed up when the budget is new. */
  setBudget(limit: BudgetLimit, workspaceId: string | undefined): BudgetPeriod {
    const name = nameOf(limit, workspaceId)
    const period = periodOf(limit.window, this.pages.nowMs)
    const [known] = this.pages.budgets([name])
    const [kept] = known ? this.pages.counts([{ ...name, period }]) : []
    const counted = known ? (kept ?? emptyPeriod(period)) : this.#sumUp(name)
    const reservedNanoUsd = limit.mode === 'hard' ? this.#sumHeld(name) : 0n
    const budget = openBudget(limit, { ...countsOf(counted), reservedNanoUsd })
    this.pages.putBudget(name, { limit: structuredClone(limit), isClosed: false })
    this.pages.putCount(name, countsOf(budget))
    return budget
  }

  /** The budgets of a workspace and of the organization, or of the organization alone, as they stand now. */
  budgetsIn(workspaceId: string | undefined): BudgetPeriod[] {
    const own = workspaceId === undefined ? [] : this.pages.budgetsIn(workspaceId)
    const named = [
      ...own.map((budget) => ({ name: nameOf(budget.limit, workspaceId), budget })),
      ...this.pages.budgetsIn(undefined).map((budget) => ({ name: nameOf(budget.limit, undefined), budget })),
    ]
    return this.#inPeriods(named, this.pages.nowMs)
  }

  /** Those that a call of the account counts in, in the periods of a moment. */
  budgetsOf(account: TenantAccount, atMs: number): BudgetPeriod[] {
    const names = budgetNamesOf(account)
    const found = this.pages.budgets(names)
    const named = names.flatMap((name, index) => {
      const budget = found[index]
      return budget === undefined ? [] : [{ name, budget }]
    })
    return this.#inPeriods(named, atMs)
  }

  /** Writes down how budgets of the account stand after something was counted. */
  putBudgets(account: TenantAccount, budgets: readonly BudgetPeriod[]): void {
    for (const budget of budgets) {
      const name = nameOf(budget, budget.scope === 'organization' ? undefined : account.workspaceId)
      this.pages.putCount(name, countsOf(budget))
      const [kept] = this.pages.budgets([name])
      if (kept!.isClosed !== budget.isClosed) this.pages.putBudget(name, { ...kept!, isClosed: budget.isClosed })
    }
  }

  /** Ends a reservation; what was presumed of it is taken back. */
  takeReservation(workspaceId: string, id: string): KeptReservation | undefined {
    const [reservation] = this.pages.reservations(workspaceId, [id])
    if (!reservation) return undefined
    this.pages.removeReservation(reservation)
    if (reservation.isPresumed) this.#enterPresumed(reservation, -reservation.grantedNanoUsd)
    return reservation
  }

  /** Counts as presumed what is held for calls of which nobody will hear any more; of all workspaces when none is named. */
  giveUpDeadReservations(workspaceId?: string): void {
    const { nowMs } = this.pages
    this.giveUp(workspaceId, ({ expiresAtMs, owner }) => expiresAtMs <= nowMs || this.#isOwnerGone(owner))
  }

  /** Counts as presumed what is held and meant; of all workspaces when none is named. */
  giveUp(workspaceId: string | undefined, isMeant: (reservation: KeptReservation) => boolean): void {
    for (const reservation of this.pages.held(workspaceId).filter(isMeant)) {
      const { account, grantedNanoUsd, reservedAtMs } = reservation
      this.pages.putReservation({ ...reservation, isPresumed: true })
      this.#enterPresumed(reservation, grantedNanoUsd)
      const budgets = this.budgetsOf(account, reservedAtMs)
      this.putBudgets(
        account,
        budgets.map((budget) => presume(budget, grantedNanoUsd)),
      )
    }
  }

  #inPeriods(named: readonly { name: BudgetName; budget: KeptBudget }[], atMs: number): BudgetPeriod[] {
    const periods = named.map(({ name }) => ({ ...name, period: periodOf(name.window, atMs) }))
    const counts = this.pages.counts(periods)
    return named.map(({ budget: { limit, isClosed } }, index) => ({
      ...openBudget(limit, counts[index] ?? emptyPeriod(periods[index]!.period)),
      isClosed,
    }))
  }

  #enterPresumed({ account, reservedAtMs }: Reservation, presumedNanoUsd: NanoUsd): void {
    const nothingKnown = { call: null, costNanoUsd: 0n, isDuplicate: false, isOverrun: false }
    const id = `presumed_${newIdBody()}`
    this.pages.putEntry({ ...nothingKnown, id, account, countedAtMs: reservedAtMs, presumedNanoUsd })
  }

  /** What was spent in the budget's window before there was the budget. */
  #sumUp(name: BudgetName): PeriodCount {
    const { workspaceId, scope, id, window } = name
    const { nowMs } = this.pages
    const bounds = boundsOfPeriod(window, nowMs)
    let [spentNanoUsd, presumedNanoUsd] = [0n, 0n]
    for (const { account, countedAtMs, ...entry } of this.pages.findEntries({
      workspaceId,
      payer: { scope, id },
      ...bounds,
    })) {
      if (workspaceId !== undefined && account.workspaceId !== workspaceId) continue
      if (countedAtMs < bounds.fromMs || countedAtMs >= bounds.toMs || !countsIn(name, account)) continue
      spentNanoUsd += entry.costNanoUsd
      presumedNanoUsd += entry.presumedNanoUsd
    }
    return countOf(periodOf(window, nowMs), { spentNanoUsd, presumedNanoUsd })
  }

  /** What is held for calls under way that count in the budget, in the present period. */
  #sumHeld(name: BudgetName): NanoUsd {
    const period = periodOf(name.window, this.pages.nowMs)
    return this.pages
      .held(name.workspaceId)
      .filter(({ account, reservedAtMs }) => countsIn(name, account) && periodOf(name.window, reservedAtMs) === period)
      .reduce((sum, { grantedNanoUsd }) => sum + grantedNanoUsd, 0n)
  }
}

/** The names under which a budget could stand that a call of the account counts in. */
export function budgetNamesOf(account: TenantAccount): BudgetName[] {
  const { runId, sessionId, forkedFrom, userId, workspaceId, organizationId } = account
  const payers: [BudgetScope, string][] = [
    ['run', runId],
    ...[...new Set([sessionId, ...forkedFrom])].map((id): [BudgetScope, string] => ['session', id]),
    ...(userId === null ? [] : [['user', userId] satisfies [BudgetScope, string]]),
    ['workspace', workspaceId],
    ['organization', organizationId],
  ]
  return payers.flatMap(([scope, id]) =>
    budgetWindows.map((window) => ({
      scope,
      id,
      window,
      workspaceId: scope === 'organization' ? undefined : workspaceId,
    })),
  )
}

export const nameOf = (
  { scope, id, window }: Pick<BudgetLimit, 'scope' | 'id' | 'window'>,
  workspaceId: string | undefined,
): BudgetName => ({ scope, id, window, workspaceId })

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
