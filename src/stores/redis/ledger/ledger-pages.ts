import { periodOf, type PeriodCount } from '../../../domain/budget-period.ts'
import type { KeepBooksOptions } from '../../ledger/book-ledger.ts'
import { budgetNamesOf } from '../../ledger/ledger-books.ts'
import type {
  BudgetName,
  KeptBudget,
  KeptEntry,
  KeptReservation,
  LedgerPages,
  MeantEntries,
  MessageName,
  PeriodName,
} from '../../ledger/ledger-pages.ts'
import { escapeName } from '../redis-keys.ts'
import type { EntryRange, PageCache, PageField } from './page-cache.ts'
import { decodePage, encodePage } from './page-text.ts'

type Kind = 'budgets' | 'counts' | 'held' | 'presumed' | 'entries' | 'messages'

/** The books of one organization in Redis, as far as they were brought. */
export class RedisLedgerPages implements LedgerPages {
  readonly #cache: PageCache

  constructor(cache: PageCache) {
    this.#cache = cache
  }

  get nowMs(): number {
    return this.#cache.nowMs
  }

  budgets(names: readonly BudgetName[]): (KeptBudget | undefined)[] {
    return this.#decoded(names.map((name) => budgetField(name)))
  }

  budgetsIn(workspaceId: string | undefined): KeptBudget[] {
    return this.#cache.hashes([keyOf(workspaceId, 'budgets')]).map((text) => decodePage(text) as KeptBudget)
  }

  putBudget(name: BudgetName, budget: KeptBudget | undefined): void {
    this.#cache.written.put(budgetField(name), budget ? encodePage(budget) : '')
  }

  counts(names: readonly PeriodName[]): (PeriodCount | undefined)[] {
    return this.#decoded(names.map((name) => countField(name)))
  }

  putCount(name: BudgetName, count: PeriodCount): void {
    this.#cache.written.put(countField({ ...name, period: count.period }), encodePage(count))
  }

  reservations(workspaceId: string, ids: readonly string[]): (KeptReservation | undefined)[] {
    const fields = ids.flatMap((name) => reservationFields(workspaceId, name))
    const found = this.#decoded<KeptReservation>(fields)
    return ids.map((_, index) => found[2 * index] ?? found[2 * index + 1])
  }

  held(workspaceId: string | undefined): KeptReservation[] {
    const keys = this.#workspaces(workspaceId).map((id) => keyOf(id, 'held'))
    return this.#cache.hashes(keys).map((text) => decodePage(text) as KeptReservation)
  }

  putReservation(reservation: KeptReservation): void {
    const [held, presumed] = reservationFields(reservation.account.workspaceId, reservation.id)
    const { isPresumed } = reservation
    this.#cache.written.put(isPresumed ? presumed : held, encodePage(reservation))
    if (isPresumed) this.#cache.written.put(held, '')
    this.#cache.written.workspaces.add(reservation.account.workspaceId)
  }

  removeReservation({ account, id, isPresumed }: KeptReservation): void {
    const [held, presumed] = reservationFields(account.workspaceId, id)
    this.#cache.written.put(isPresumed ? presumed : held, '')
  }

  entries(workspaceId: string, ids: readonly string[]): (KeptEntry | undefined)[] {
    return this.#decoded(ids.map((name) => ({ key: keyOf(workspaceId, 'entries'), name })))
  }

  findEntries(meant: MeantEntries): Iterable<KeptEntry> {
    const ranges = this.#workspaces(meant.workspaceId).map((workspaceId) => rangeOf(workspaceId, meant))
    return [...this.#cache.ranges(ranges), ...this.#cache.newEntries()].map((text) => decodePage(text) as KeptEntry)
  }

  knowsMessage(message: MessageName): boolean {
    return this.#cache.fields([messageField(message)])[0] !== ''
  }

  putEntry(entry: KeptEntry): void {
    const { id, call, countedAtMs } = entry
    const { workspaceId, sessionId, runId, userId, forkedFrom } = entry.account
    const { written } = this.#cache
    const text = encodePage(entry)
    written.put({ key: keyOf(workspaceId, 'entries'), name: id }, text)
    written.entries.push(text)
    const messageId = call?.messageId
    if (messageId) written.put(messageField({ workspaceId, sessionId, messageId }), '1')
    const payers = [
      indexOf(workspaceId, undefined),
      indexOf(workspaceId, { scope: 'run', id: runId }),
      ...[sessionId, ...forkedFrom].map((session) => indexOf(workspaceId, { scope: 'session', id: session })),
      ...(userId === null ? [] : [indexOf(workspaceId, { scope: 'user', id: userId })]),
    ]
    for (const index of new Set(payers)) written.indexed.push({ index, time: countedAtMs, id })
    written.workspaces.add(workspaceId)
  }

  /** Asks for all that the rule will ask for, as far as it can be known, so that one reading brings it. */
  foresee({ account, reservationId, call }: NonNullable<KeepBooksOptions['foreseen']>): void {
    const { workspaceId, sessionId } = account
    const names = budgetNamesOf(account)
    const periods = names.map((name) => ({ ...name, period: periodOf(name.window, Date.now()) }))
    this.#cache.want([
      ...names.map((name) => budgetField(name)),
      ...periods.map((name) => countField(name)),
      ...(reservationId === null ? [] : reservationFields(workspaceId, reservationId)),
      ...(call ? [{ key: keyOf(workspaceId, 'entries'), name: call.id }] : []),
      ...(call?.messageId ? [messageField({ workspaceId, sessionId, messageId: call.messageId })] : []),
    ])
  }

  #workspaces(workspaceId: string | undefined): string[] {
    return workspaceId === undefined ? this.#cache.workspaces() : [workspaceId]
  }

  #decoded<Page>(fields: readonly PageField[]): (Page | undefined)[] {
    return this.#cache.fields(fields).map((text) => (text === '' ? undefined : (decodePage(text) as Page)))
  }
}

/** Of what belongs to a workspace, or is shared by all of the organization's; no escaped name is "@". */
const keyOf = (workspaceId: string | undefined, kind: Kind): string =>
  `${workspaceId === undefined ? '@' : escapeName(workspaceId)}:ledger:${kind}`

const budgetField = ({ workspaceId, scope, id, window }: BudgetName): PageField => ({
  key: keyOf(workspaceId, 'budgets'),
  name: JSON.stringify([scope, id, window]),
})

const countField = ({ workspaceId, scope, id, window, period }: PeriodName): PageField => ({
  key: keyOf(workspaceId, 'counts'),
  name: JSON.stringify([scope, id, window, period]),
})

const reservationFields = (workspaceId: string, name: string): [held: PageField, presumed: PageField] => [
  { key: keyOf(workspaceId, 'held'), name },
  { key: keyOf(workspaceId, 'presumed'), name },
]

const messageField = ({ workspaceId, sessionId, messageId }: MessageName): PageField => ({
  key: keyOf(workspaceId, 'messages'),
  name: JSON.stringify([sessionId, messageId]),
})

/** Entries by time: of a run, a session, a user, or of the whole workspace. */
function indexOf(workspaceId: string, payer: MeantEntries['payer']): string {
  const isNarrow = payer !== undefined && payer.scope !== 'workspace' && payer.scope !== 'organization'
  return `${escapeName(workspaceId)}:ledger:by-${isNarrow ? `${payer.scope}:${escapeName(payer.id)}` : 'time'}`
}

const rangeOf = (workspaceId: string, { payer, fromMs, toMs }: MeantEntries): EntryRange => ({
  index: indexOf(workspaceId, payer),
  entries: keyOf(workspaceId, 'entries'),
  first: fromMs,
  last: toMs - 1,
})
