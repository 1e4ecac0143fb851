import fc from 'fast-check'
import type { BudgetLimit } from '../../src/domain/budget.ts'
import { countsIn, type TenantAccount } from '../../src/domain/call-account.ts'
import { newIdBody } from '../../src/domain/ids.ts'
import type { ReserveAnswer, ReserveRequest } from '../../src/ports/ledger.ts'
import { sampleAccount } from '../../src/testing/ledger-samples.ts'

/** One thing that somebody does with a ledger. Indexes are taken modulo what there is. */
export type Step =
  | { do: 'reserve'; callers: readonly { account: number; wanted: number; minimum: number; owner: number }[] }
  | { do: 'settle'; reservation: number; costShare: number; presumedShare: number; overrun: number }
  | { do: 'settle unreserved'; account: number; cost: number }
  | { do: 'release'; reservation: number }
  | { do: 'die'; owner: number }
  | { do: 'set'; budget: number; limit: number }

const index = fc.nat(11)
const share = fc.nat(100)
const caller = fc.record({ account: index, wanted: fc.nat(60), minimum: fc.nat(30), owner: index })

export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('reserve' as const),
        callers: fc.array(caller, { minLength: 1, maxLength: 4 }),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('settle' as const),
        reservation: index,
        costShare: share,
        presumedShare: share,
        overrun: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(5) }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('settle unreserved' as const), account: index, cost: share }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('release' as const), reservation: index }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('die' as const), owner: index }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('set' as const), budget: index, limit: fc.nat(300) }) },
  ),
  { minLength: 5, maxLength: 40 },
)

interface ModelReservation {
  readonly account: TenantAccount
  readonly granted: bigint
  readonly owner: number
  presumed: boolean
}

interface ModelBudget {
  limit: BudgetLimit
  closed: boolean
  /** What may be used at the most: the limit, or what was used already when it was lowered, and what overran. */
  ceiling: bigint
}

export interface Amounts {
  readonly spent: bigint
  readonly presumed: bigint
  readonly reserved: bigint
}

/** What a ledger should say, by plain lists and sums over them. */
export class LedgerModel {
  readonly accounts: readonly TenantAccount[]
  readonly reservations = new Map<string, ModelReservation>()
  readonly budgets: ModelBudget[] = []
  readonly #entries: { account: TenantAccount; cost: bigint; presumed: bigint }[] = []
  readonly #dead = new Set<number>()

  constructor(scope: { organizationId: string; workspaceId: string }) {
    const first = { ...sampleAccount(), ...scope }
    const sibling = { ...sampleAccount({ sessionId: first.sessionId }), ...scope }
    const fork = { ...sampleAccount({ forkedFrom: [first.sessionId], userId: 'eve' }), ...scope }
    this.accounts = [first, sibling, fork, { ...sampleAccount({ userId: null }), ...scope }]
    const hard = { mode: 'hard', thresholds: [], window: 'total' } as const
    this.set({ ...hard, scope: 'organization', id: scope.organizationId, limitNanoUsd: 200n })
    this.set({ ...hard, scope: 'workspace', id: scope.workspaceId, window: 'day', limitNanoUsd: 180n })
    this.set({ ...hard, scope: 'session', id: first.sessionId, limitNanoUsd: 120n })
    this.set({ ...hard, scope: 'user', id: 'ada', limitNanoUsd: 90n })
    this.set({ ...hard, scope: 'run', id: sibling.runId, mode: 'soft', limitNanoUsd: 20n })
  }

  set(limit: BudgetLimit): void {
    const known = this.budgets.find((budget) => budget.limit.id === limit.id)
    const { spent, presumed, reserved } = this.amountsOf(limit)
    const used = spent + presumed + reserved
    const budget = { limit, closed: false, ceiling: used > limit.limitNanoUsd ? used : limit.limitNanoUsd }
    if (known) Object.assign(known, budget)
    else this.budgets.push(budget)
  }

  amountsOf(limit: BudgetLimit): Amounts {
    const sum = (amounts: Iterable<bigint>) => [...amounts].reduce((total, amount) => total + amount, 0n)
    const entries = this.#entries.filter(({ account }) => countsIn(limit, account))
    const held = [...this.reservations.values()].filter(({ account }) => countsIn(limit, account))
    const amountsHeld = (presumed: boolean) =>
      sum(held.filter((one) => one.presumed === presumed).map(({ granted }) => granted))
    return {
      spent: sum(entries.map(({ cost }) => cost)),
      presumed: sum(entries.map(({ presumed }) => presumed)) + amountsHeld(true),
      reserved: limit.mode === 'hard' ? amountsHeld(false) : 0n,
    }
  }

  die(owner: number): void {
    this.#dead.add(owner)
    for (const reservation of this.reservations.values()) if (reservation.owner === owner) reservation.presumed = true
  }

  /** Why the answer is wrong; undefined when it is right. The amounts are those before it, with the dead presumed. */
  judge(request: ReserveRequest, answer: ReserveAnswer): string | undefined {
    const hard = this.budgets.filter(({ limit }) => limit.mode === 'hard' && this.#meets(limit, request))
    if (hard.length === 0) return answer.status === 'unlimited' ? undefined : 'there is no limit'
    const rooms = hard.map(({ limit }) => {
      const { spent, presumed, reserved } = this.amountsOf(limit)
      const alone = limit.limitNanoUsd - spent - presumed
      return { alone: alone > 0n ? alone : 0n, left: alone - reserved > 0n ? alone - reserved : 0n }
    })
    const best = smallest([request.wantedNanoUsd, ...rooms.map(({ alone }) => alone)])
    const enough = smallest([request.minimumNanoUsd, request.wantedNanoUsd])
    const isHopeless = hard.some(({ closed }) => closed) || best < enough
    if (isHopeless) return answer.status === 'refused' ? undefined : 'it can never be granted'
    const isFree = rooms.every(({ left }) => left >= best)
    if (!isFree) return answer.status === 'busy' ? undefined : 'others hold what it needs'
    return answer.status === 'reserved' && answer.grantedNanoUsd === best ? undefined : `${best} can be granted`
  }

  hold(request: ReserveRequest, granted: bigint): void {
    const owner = request.owner.processId
    const account = this.#tenant(request)
    this.reservations.set(request.reservationId, { account, granted, owner, presumed: this.#dead.has(owner) })
  }

  /** Counts a call and says whether it cost more than was held. */
  settle(account: TenantAccount, call: { id: string | null; cost: bigint; presumed: bigint }): boolean {
    const held = call.id === null ? undefined : this.reservations.get(call.id)
    if (call.id !== null) this.reservations.delete(call.id)
    const above = call.cost + call.presumed - (held?.granted ?? 0n)
    const hit = this.budgets.filter(({ limit }) => countsIn(limit, account))
    const isOverrun = call.id !== null && above > 0n && hit.some(({ limit }) => limit.mode === 'hard')
    for (const budget of hit) {
      if (above > 0n) budget.ceiling += above
      if (isOverrun && budget.limit.mode === 'hard') budget.closed = true
    }
    this.#entries.push({ account, cost: call.cost, presumed: call.presumed })
    return isOverrun
  }

  #tenant = (request: ReserveRequest): TenantAccount =>
    this.accounts.find(({ runId }) => runId === request.account.runId)!

  #meets = (limit: BudgetLimit, request: ReserveRequest): boolean => countsIn(limit, this.#tenant(request))
}

const smallest = (amounts: readonly bigint[]): bigint =>
  amounts.reduce((least, amount) => (amount < least ? amount : least))

export const freshScope = () => ({ organizationId: `org_${newIdBody()}`, workspaceId: `wrkspc_${newIdBody()}` })
