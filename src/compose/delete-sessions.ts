import type { SessionId } from '../domain/ids.ts'
import type { Storage, WorkspaceScope, WorkspaceStores } from '../ports/storage.ts'

/** A pack is put before the record that needs it; nobody takes so long for that. */
const graceMs = 24 * 60 * 60 * 1000

/** Removes a session, and packs that nothing needs any more. @throws {PerdureError} `session_not_found`; `lease_held` while it is driven. */
export async function deleteSession(stores: WorkspaceStores, sessionId: SessionId): Promise<void> {
  await stores.sessions.delete(sessionId)
  await sweep(stores)
}

/** Removes the sessions whose time is over; resolves to their ids. */
export async function deleteExpired(stores: WorkspaceStores): Promise<SessionId[]> {
  const deleted = await stores.sessions.deleteExpired()
  if (deleted.length > 0) await sweep(stores)
  return deleted
}

const expiryIntervalMs = 60_000
const looksForExpired = new WeakMap<Storage, Map<string, number>>()

/** The same for whoever comes by often: at most once a minute, since a bucket is read whole for it. */
export async function deleteExpiredNowAndThen(storage: Storage, scope: WorkspaceScope): Promise<void> {
  const looks = looksForExpired.get(storage) ?? new Map<string, number>()
  looksForExpired.set(storage, looks)
  const workspace = JSON.stringify([scope.organizationId, scope.workspaceId])
  const now = performance.now()
  if (now - (looks.get(workspace) ?? -Infinity) < expiryIntervalMs) return
  looks.set(workspace, now)
  await deleteExpired(storage.workspace(scope))
}

/** The sessions are deleted whatever becomes of it; what it leaves, the next finds. */
const sweep = ({ checkpoints }: WorkspaceStores): Promise<unknown> =>
  checkpoints.deleteUnusedPacks({ graceMs }).catch(() => {})
