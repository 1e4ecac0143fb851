import type { PeriodCount } from '../../domain/budget-period.ts'
import type {
  BudgetName,
  KeptBudget,
  KeptEntry,
  KeptReservation,
  LedgerPages,
  MeantEntries,
  MessageName,
  PeriodName,
} from '../ledger/ledger-pages.ts'
import { plain, unplain, type LedgerDocument, type Plain } from './ledger-document.ts'

/** What a rule asked for and is not here. It is thrown: what is asked for is brought, and the rule runs again. */
export type LedgerQuestion =
  | { readonly type: 'ids'; readonly workspaceId: string; readonly ids: readonly string[] }
  | { readonly type: 'meant'; readonly meant: MeantEntries }
  | { readonly type: 'message'; readonly message: MessageName }

export class NotHere extends Error {
  readonly question: LedgerQuestion

  constructor(question: LedgerQuestion) {
    super('entries are to be read first')
    this.question = question
  }
}

/** Answers to questions, by the question. */
export type LedgerAnswers = Map<string, readonly KeptEntry[] | boolean>

/** The books of one organization as a rule sees and changes them: the document, and of older entries what was brought. */
export class ObjectLedgerPages implements LedgerPages {
  readonly nowMs: number
  readonly added: Plain<KeptEntry>[] = []
  readonly #answers: LedgerAnswers
  readonly #before: LedgerDocument
  readonly #budgets: Record<string, LedgerDocument['budgets'][string]>
  readonly #counts: Record<string, Plain<PeriodCount>>
  readonly #reservations: Record<string, Plain<KeptReservation>>
  #isChanged = false

  constructor(document: LedgerDocument, options: { nowMs: number; answers: LedgerAnswers }) {
    this.nowMs = options.nowMs
    this.#answers = options.answers
    this.#before = document
    this.#budgets = { ...document.budgets }
    this.#counts = { ...document.counts }
    this.#reservations = { ...document.reservations }
  }

  /** The document as the rule has left it, apart from added entries; the same when it changed nothing. */
  get pages(): LedgerDocument {
    if (!this.#isChanged) return this.#before
    return { ...this.#before, budgets: this.#budgets, counts: this.#counts, reservations: this.#reservations }
  }

  budgets(names: readonly BudgetName[]): (KeptBudget | undefined)[] {
    return names.map((name) => read(this.#budgets, keyOfBudget(name))?.budget)
  }

  budgetsIn(workspaceId: string | undefined): KeptBudget[] {
    return Object.values(this.#budgets)
      .map((text) => unplain(text))
      .filter((kept) => kept.workspaceId === workspaceId)
      .map(({ budget }) => budget)
  }

  putBudget(name: BudgetName, budget: KeptBudget | undefined): void {
    const { workspaceId } = name
    this.#put(this.#budgets, keyOfBudget(name), budget && plain({ workspaceId, budget }))
  }

  counts(names: readonly PeriodName[]): (PeriodCount | undefined)[] {
    return names.map((name) => read(this.#counts, keyOf(keyOfBudget(name), name.period)))
  }

  putCount(name: BudgetName, count: PeriodCount): void {
    this.#put(this.#counts, keyOf(keyOfBudget(name), count.period), plain(count))
  }

  reservations(workspaceId: string, ids: readonly string[]): (KeptReservation | undefined)[] {
    return ids.map((id) => read(this.#reservations, keyOf(workspaceId, id)))
  }

  held(workspaceId: string | undefined): KeptReservation[] {
    return Object.values(this.#reservations)
      .map((text) => unplain(text))
      .filter(({ account, isPresumed }) => !isPresumed && (workspaceId ?? account.workspaceId) === account.workspaceId)
  }

  putReservation(reservation: KeptReservation): void {
    this.#put(this.#reservations, keyOf(reservation.account.workspaceId, reservation.id), plain(reservation))
  }

  removeReservation({ account, id }: KeptReservation): void {
    this.#put(this.#reservations, keyOf(account.workspaceId, id), undefined)
  }

  entries(workspaceId: string, ids: readonly string[]): (KeptEntry | undefined)[] {
    const own = ids.flatMap((id) => this.#ownWith(id))
    const found = new Map(
      [...this.#answer({ type: 'ids', workspaceId, ids }), ...own]
        .filter(({ account }) => account.workspaceId === workspaceId)
        .map((entry) => [entry.id, entry]),
    )
    return ids.map((id) => found.get(id))
  }

  findEntries(meant: MeantEntries): Iterable<KeptEntry> {
    return [...this.#answer({ type: 'meant', meant }), ...this.#own.map((text) => unplain(text))]
  }

  knowsMessage(message: MessageName): boolean {
    const isHere = this.#ownWith(message.messageId).some(
      ({ account, call }) =>
        account.workspaceId === message.workspaceId &&
        account.sessionId === message.sessionId &&
        call?.messageId === message.messageId,
    )
    return isHere || this.#answered({ type: 'message', message }) === true
  }

  putEntry(entry: KeptEntry): void {
    this.added.push(plain(entry))
  }

  /** Entries that are in no batch yet, and those that the rule itself has added. */
  get #own(): readonly Plain<KeptEntry>[] {
    return [...this.#before.entries.tail, ...this.added]
  }

  /** Those of them that hold such a text, among others: most are not worth their parsing. */
  #ownWith(text: string): KeptEntry[] {
    const part = JSON.stringify(text)
    return this.#own.filter((entry) => entry.includes(part)).map((entry) => unplain(entry))
  }

  #answer(question: LedgerQuestion): readonly KeptEntry[] {
    return this.#answered(question) as readonly KeptEntry[]
  }

  #answered(question: LedgerQuestion): readonly KeptEntry[] | boolean {
    const answer = this.#answers.get(nameOfQuestion(question))
    if (answer === undefined) throw new NotHere(question)
    return answer
  }

  #put<Value>(record: Record<string, Plain<Value>>, key: string, value: Plain<Value> | undefined): void {
    if (value === record[key]) return
    this.#isChanged = true
    if (value === undefined) delete record[key]
    else record[key] = value
  }
}

export const nameOfQuestion = (question: LedgerQuestion): string => JSON.stringify(question)

// Each key begins with a bracket, so that none is the name of something that all objects have.
const keyOf = (...parts: (string | null)[]): string => JSON.stringify(parts)

const keyOfBudget = ({ workspaceId, scope, id, window }: BudgetName): string =>
  keyOf(workspaceId ?? null, scope, id, window)

const read = <Value>(record: Readonly<Record<string, Plain<Value>>>, key: string): Value | undefined => {
  const text = record[key]
  return text === undefined ? undefined : unplain(text)
}
