import type { WorkspaceStores } from '../../src/ports/storage.ts'

/** Counts the writes of a process; after so many it is dead, and whatever it still tries fails. */
export interface Lifetime {
  writes: number
  readonly lastWrite: number
  /** Whether the write that it dies in is done. */
  readonly isLastDone: boolean
}

const reads: ReadonlySet<string> = new Set(
  (
    'read head list load listSubpaths get budgets entries costs departures holder ' +
    'listRecords getRecord getPack missingPacks subscribe'
  ).split(' '),
)

/** The stores as a process has them that is killed in the middle of a write. */
export function storesOfMortal(stores: WorkspaceStores, life: Lifetime): WorkspaceStores {
  const mortal = (store: object): object =>
    new Proxy(store, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        return async (...values: unknown[]): Promise<unknown> => {
          if (life.writes >= life.lastWrite) throw new Error('killed')
          if (!reads.has(String(name))) life.writes += 1
          const isLast = life.writes >= life.lastWrite && !reads.has(String(name))
          if (isLast && !life.isLastDone) throw new Error('killed')
          const result: unknown = await Reflect.apply(member, target, values)
          if (isLast) throw new Error('killed')
          return result
        }
      },
    })
  return Object.fromEntries(
    Object.entries(stores).map(([name, store]: [string, object]) => [name, name === 'scope' ? store : mortal(store)]),
  ) as unknown as WorkspaceStores
}
