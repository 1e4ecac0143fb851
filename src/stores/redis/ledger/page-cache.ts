import { readEntries, readPages, readWorkspaces, writePages } from '../scripts/ledger-scripts.ts'
import type { RedisWorkspace } from '../redis-workspace.ts'

/** A value of a hash. */
export interface PageField {
  readonly key: string
  readonly name: string
}

/** Part of an index of entries, by time; both ends count. */
export interface EntryRange {
  readonly index: string
  readonly entries: string
  readonly first: number
  readonly last: number
}

/** Thrown when a rule asks for what was not brought; it is brought, and the rule runs again. */
export class PageMissing extends Error {}

const entriesPerRead = 500

/** What was read of an organization's books for some rules, and what they write; nothing is kept before \`commit\`. */
export class PageCache {
  readonly #books: RedisWorkspace
  readonly #fields = new Map<string, { readonly field: PageField; text: string | undefined }>()
  readonly #hashes = new Map<string, Map<string, string> | undefined>()
  readonly #ranges = new Map<string, { readonly range: EntryRange; texts: string[] | undefined }>()
  #workspaces: string[] | 'wanted' | undefined
  /** Values that a rule looked at by their names. */
  readonly #looked = new Set<string>()
  #written = new Changes()
  #attempted = new Changes()
  #now: number | undefined
  #changes = ''
  /** The books were written while they were read. */
  isTorn = false

  constructor(books: RedisWorkspace) {
    this.#books = books
  }

  get nowMs(): number {
    if (this.#now === undefined) throw new PageMissing()
    return this.#now
  }

  /** Empty where there is none. */
  fields(wanted: readonly PageField[]): string[] {
    const texts = wanted.map((field) => {
      const id = idOf(field)
      this.#looked.add(id)
      if (!this.#fields.has(id)) this.#fields.set(id, { field, text: undefined })
      return this.#attempted.text(id) ?? this.#written.text(id) ?? this.#fields.get(id)!.text
    })
    return allOf(texts)
  }

  /** The next reading brings them too. */
  want(fields: readonly PageField[]): void {
    for (const field of fields) this.#fields.set(idOf(field), { field, text: undefined })
  }

  /** All values of the hashes. */
  hashes(keys: readonly string[]): string[] {
    for (const key of keys) if (!this.#hashes.has(key)) this.#hashes.set(key, undefined)
    return allOf(keys.map((key) => this.#hashes.get(key))).flatMap((hash, index) => {
      const key = keys[index]!
      const texts = new Map(hash)
      for (const changes of [this.#written, this.#attempted]) {
        for (const { field, text } of changes.fields.values()) if (field.key === key) texts.set(field.name, text)
      }
      return [...texts.values()].filter((text) => text !== '')
    })
  }

  /** The entries of the ranges; those that were written meanwhile are not among them. */
  ranges(wanted: readonly EntryRange[]): string[] {
    const ids = wanted.map((range) => JSON.stringify(range))
    for (const [index, id] of ids.entries()) {
      if (!this.#ranges.has(id)) this.#ranges.set(id, { range: wanted[index]!, texts: undefined })
    }
    return allOf(ids.map((id) => this.#ranges.get(id)!.texts)).flat()
  }

  /** Those that have anything in the books. */
  workspaces(): string[] {
    this.#workspaces ??= 'wanted'
    if (this.#workspaces === 'wanted') throw new PageMissing()
    return [...new Set([...this.#workspaces, ...this.#written.workspaces, ...this.#attempted.workspaces])]
  }

  get written(): Changes {
    return this.#attempted
  }

  /** Of all rules since the last reading, the one that runs included. */
  newEntries(): string[] {
    return [...this.#written.entries, ...this.#attempted.entries]
  }

  /** Runs a rule: what it writes is kept when it returns. @throws {PageMissing}, and what the rule throws. */
  attempt<Result>(rule: () => Result): Result {
    this.#attempted = new Changes()
    try {
      const result = rule()
      this.#written.add(this.#attempted)
      return result
    } finally {
      this.#attempted = new Changes()
    }
  }

  /** Brings what is missing, or everything again; what was written is forgotten. */
  async read({ isAgain }: { isAgain: boolean }): Promise<void> {
    this.#written = new Changes()
    this.#looked.clear()
    if (isAgain) {
      this.#changes = ''
      this.isTorn = false
    }
    const fields = [...this.#fields.values()].filter(({ text }) => isAgain || text === undefined)
    const keys = [...this.#hashes].filter(([, hash]) => isAgain || hash === undefined).map(([key]) => key)
    const asked = [
      ...fields.flatMap(({ field }) => ['field', field.key, field.name]),
      ...keys.flatMap((key) => ['hash', key]),
    ]
    const [now, changes, ...found] = await this.#books.run<(string | string[])[]>(readPages, asked)
    this.#now = Number(now)
    this.isTorn ||= this.#changes !== '' && this.#changes !== changes
    this.#changes = changes as string
    for (const [index, entry] of fields.entries()) entry.text = found[index] as string
    for (const [index, key] of keys.entries()) this.#hashes.set(key, hashOf(found[fields.length + index] as string[]))
    for (const entry of this.#ranges.values())
      if (isAgain || !entry.texts) entry.texts = await this.#readRange(entry.range)
    if (this.#workspaces === 'wanted' || (isAgain && this.#workspaces)) {
      this.#workspaces = await this.#books.run<string[]>(readWorkspaces, [])
    }
  }

  /** Keeps what was written, if all that it follows from is still so; false when it is not. */
  async commit({ isExact }: { isExact: boolean }): Promise<boolean> {
    const { fields, indexed, workspaces } = this.#written
    if (fields.size === 0) return true
    const expected = [...this.#fields].filter(([id]) => this.#looked.has(id) || fields.has(id))
    const listed = [...fields.values()].filter(
      ({ field }) => !this.#fields.has(idOf(field)) && this.#hashes.has(field.key),
    )
    const before = [
      ...expected.flatMap(([, { field, text }]) => [field.key, field.name, text!]),
      ...listed.flatMap(({ field }) => [field.key, field.name, this.#hashes.get(field.key)?.get(field.name) ?? '']),
    ]
    const after = [...fields.values()].flatMap(({ field, text }) => [field.key, field.name, text])
    const [status] = await this.#books.run<string[]>(writePages, [
      isExact ? this.#changes : '',
      before.length / 3,
      ...before,
      after.length / 3,
      ...after,
      indexed.length,
      ...indexed.flatMap(({ index, time, id }) => [index, time, id]),
      ...workspaces,
    ])
    return status === 'ok'
  }

  async #readRange({ index, entries, first, last }: EntryRange): Promise<string[]> {
    const texts: string[] = []
    for (;;) {
      const read = await this.#books.run<string[]>(readEntries, [
        index,
        entries,
        first,
        last,
        texts.length,
        entriesPerRead,
      ])
      texts.push(...read)
      if (read.length < entriesPerRead) return texts
    }
  }
}

/** What rules write. */
export class Changes {
  /** An empty text removes the value. */
  readonly fields = new Map<string, { readonly field: PageField; readonly text: string }>()
  readonly indexed: { readonly index: string; readonly time: number; readonly id: string }[] = []
  readonly entries: string[] = []
  readonly workspaces = new Set<string>()

  text(id: string): string | undefined {
    return this.fields.get(id)?.text
  }

  put(field: PageField, text: string): void {
    this.fields.set(idOf(field), { field, text })
  }

  add(more: Changes): void {
    for (const [id, change] of more.fields) this.fields.set(id, change)
    this.indexed.push(...more.indexed)
    this.entries.push(...more.entries)
    for (const workspace of more.workspaces) this.workspaces.add(workspace)
  }
}

const idOf = ({ key, name }: PageField): string => `${key}\n${name}`

const hashOf = (stored: readonly string[]): Map<string, string> =>
  new Map(Array.from({ length: stored.length / 2 }, (_, index) => [stored[2 * index]!, stored[2 * index + 1]!]))

function allOf<Item>(items: readonly (Item | undefined)[]): Item[] {
  if (items.includes(undefined)) throw new PageMissing()
  return items as Item[]
}
