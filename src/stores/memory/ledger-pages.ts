import type { PeriodCount } from '../../domain/budget-period.ts'
import type {
  BudgetName,
  KeptBudget,
  KeptEntry,
  KeptReservation,
  LedgerPages,
  MessageName,
  PeriodName,
} from '../ledger/ledger-pages.ts'

/** The books of one organization in this process's memory. */
export class MemoryLedgerPages implements LedgerPages {
  readonly #budgets = new Map<string, { readonly workspaceId: string | undefined; readonly budget: KeptBudget }>()
  readonly #counts = new Map<string, PeriodCount>()
  readonly #reservations = new Map<string, KeptReservation>()
  readonly #entries = new Map<string, KeptEntry>()
  readonly #messages = new Set<string>()

  get nowMs(): number {
    return Date.now()
  }

  budgets(names: readonly BudgetName[]): (KeptBudget | undefined)[] {
    return names.map((name) => this.#budgets.get(keyOfBudget(name))?.budget)
  }

  budgetsIn(workspaceId: string | undefined): KeptBudget[] {
    return [...this.#budgets.values()].filter((kept) => kept.workspaceId === workspaceId).map(({ budget }) => budget)
  }

  putBudget(name: BudgetName, budget: KeptBudget | undefined): void {
    if (budget === undefined) this.#budgets.delete(keyOfBudget(name))
    else this.#budgets.set(keyOfBudget(name), { workspaceId: name.workspaceId, budget })
  }

  counts(names: readonly PeriodName[]): (PeriodCount | undefined)[] {
    return names.map((name) => this.#counts.get(keyOf(keyOfBudget(name), name.period)))
  }

  putCount(name: BudgetName, count: PeriodCount): void {
    this.#counts.set(keyOf(keyOfBudget(name), count.period), count)
  }

  reservations(workspaceId: string, ids: readonly string[]): (KeptReservation | undefined)[] {
    return ids.map((id) => this.#reservations.get(keyOf(workspaceId, id)))
  }

  held(workspaceId: string | undefined): KeptReservation[] {
    return [...this.#reservations.values()].filter(
      ({ account, isPresumed }) => !isPresumed && (workspaceId ?? account.workspaceId) === account.workspaceId,
    )
  }

  putReservation(reservation: KeptReservation): void {
    this.#reservations.set(keyOf(reservation.account.workspaceId, reservation.id), reservation)
  }

  removeReservation({ account, id }: KeptReservation): void {
    this.#reservations.delete(keyOf(account.workspaceId, id))
  }

  entries(workspaceId: string, ids: readonly string[]): (KeptEntry | undefined)[] {
    return ids.map((id) => this.#entries.get(keyOf(workspaceId, id)))
  }

  findEntries(): Iterable<KeptEntry> {
    return this.#entries.values()
  }

  knowsMessage({ workspaceId, sessionId, messageId }: MessageName): boolean {
    return this.#messages.has(keyOf(workspaceId, sessionId, messageId))
  }

  putEntry(entry: KeptEntry): void {
    const { workspaceId, sessionId } = entry.account
    this.#entries.set(keyOf(workspaceId, entry.id), entry)
    const messageId = entry.call?.messageId
    if (messageId) this.#messages.add(keyOf(workspaceId, sessionId, messageId))
  }
}

const keyOf = (...parts: (string | null)[]): string => JSON.stringify(parts)

const keyOfBudget = ({ workspaceId, scope, id, window }: BudgetName): string =>
  keyOf(workspaceId ?? null, scope, id, window)
