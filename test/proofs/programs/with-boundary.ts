import type { StorageSource, Storage, WorkspaceStores } from '../../../src/ports/storage.ts'
import type { WriteBoundary } from '../session-plan.ts'

const writes: { readonly [Port in keyof WorkspaceStores]?: readonly string[] } = {
  events: ['append'],
  inbox: ['put', 'remove'],
  transcripts: ['append'],
  sessions: ['create', 'update'],
  leases: ['acquire', 'renew', 'release'],
  ledger: ['reserve', 'keepReserved', 'release', 'settle'],
  checkpoints: ['putPack', 'putRecord'],
}

/** The same storage; `atBoundary` is called, and waited for, at the one write that is named. */
export function withBoundary(
  source: StorageSource,
  boundary: WriteBoundary,
  atBoundary: (name: string) => Promise<void>,
): StorageSource {
  let count = 0
  const wrapped =
    (port: string, method: string, call: (...args: unknown[]) => Promise<unknown>) =>
    async (...args: unknown[]): Promise<unknown> => {
      count += 1
      const isHere = count === boundary.write
      if (isHere && boundary.side === 'before') await atBoundary(`${port}.${method}`)
      const result = await call(...args)
      if (isHere && boundary.side === 'after') await atBoundary(`${port}.${method}`)
      return result
    }
  const watched = (port: string, store: object, methods: readonly string[]): object =>
    new Proxy(store, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        const call = (...args: unknown[]): Promise<unknown> => Reflect.apply(value, target, args) as Promise<unknown>
        return typeof name === 'string' && methods.includes(name) ? wrapped(port, name, call) : call
      },
    })
  const watchedStores = (stores: WorkspaceStores): WorkspaceStores => {
    const replaced = Object.entries(writes).flatMap(([port, methods]) => {
      const store = stores[port as keyof WorkspaceStores]
      return store === undefined ? [] : [[port, watched(port, store, methods)] as const]
    })
    return { ...stores, ...Object.fromEntries(replaced) }
  }
  let opened: Promise<Storage> | undefined
  return {
    open: () =>
      (opened ??= source.open().then((storage) => ({
        description: storage.description,
        workspace: (scope) => watchedStores(storage.workspace(scope)),
        organization: (id) => storage.organization(id),
        close: () => storage.close(),
      }))),
    close: () => source.close(),
  }
}
