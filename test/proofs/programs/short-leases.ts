import { SqliteStorage, type Storage, type StorageSource } from '../../../src/index.ts'

/** A storage whose leases end sooner than their owners think, so that nobody has to wait for a frozen one. */
export function shortLeases(dataDirectory: string, ttlMs: number): StorageSource {
  const source = new SqliteStorage({ dataDirectory })
  const shortened = async (): Promise<Storage> => {
    const storage = await source.open()
    return {
      ...storage,
      workspace: (scope) => {
        const stores = storage.workspace(scope)
        const { leases } = stores
        return {
          ...stores,
          leases: {
            acquire: (sessionId, { owner }) => leases.acquire(sessionId, { owner, ttlMs }),
            renew: (lease) => leases.renew(lease, { ttlMs }),
            release: (lease) => leases.release(lease),
            holder: (sessionId) => leases.holder(sessionId),
          },
        }
      },
    }
  }
  let opened: Promise<Storage> | undefined
  return { open: () => (opened ??= shortened()), close: () => source.close() }
}
