import type { SessionId } from '../domain/ids.ts'
import type { Storage, WorkspaceScope, WorkspaceStores } from '../ports/storage.ts'
import { removeForkFolder } from './fork-folder.ts'

/** Where sessions are kept, and where this machine has what was made for them. */
interface SessionsPlace {
  readonly stores: WorkspaceStores
  readonly dataDirectory: string
}

/** A pack is put before the record that needs it; nobody takes so long for that. */
const graceMs = 24 * 60 * 60 * 1000

/**
 * Removes a session, the folder that was made for it, and packs that nothing needs any more.
 * @throws {PerdureError} `session_not_found`; `lease_held` while it is driven.
 */
export async function deleteSession(place: SessionsPlace, sessionId: SessionId): Promise<void> {
  await place.stores.sessions.delete(sessionId)
  await sweep(place, [sessionId])
}

/** Removes the sessions whose time is over; resolves to their ids. */
export async function deleteExpired(place: SessionsPlace): Promise<SessionId[]> {
  const deleted = await place.stores.sessions.deleteExpired()
  if (deleted.length > 0) await sweep(place, deleted)
  return deleted
}

const expiryIntervalMs = 60_000
const looksForExpired = new WeakMap<Storage, Map<string, number>>()

/** The same for whoever comes by often: at most once a minute, since a bucket is read whole for it. */
export async function deleteExpiredNowAndThen(
  storage: Storage,
  { scope, dataDirectory }: { readonly scope: WorkspaceScope; readonly dataDirectory: string },
): Promise<void> {
  const looks = looksForExpired.get(storage) ?? new Map<string, number>()
  looksForExpired.set(storage, looks)
  const workspace = JSON.stringify([scope.organizationId, scope.workspaceId])
  const now = performance.now()
  if (now - (looks.get(workspace) ?? -Infinity) < expiryIntervalMs) return
  looks.set(workspace, now)
  await deleteExpired({ stores: storage.workspace(scope), dataDirectory })
}

/** The sessions are deleted whatever becomes of it; packs that it leaves, the next finds. */
async function sweep({ stores, dataDirectory }: SessionsPlace, deleted: readonly SessionId[]): Promise<void> {
  const { sessions, checkpoints } = stores
  await checkpoints.deleteUnusedPacks({ graceMs }).catch(() => {})
  for (const sessionId of deleted) await removeForkFolder({ sessions, dataDirectory }, sessionId).catch(() => {})
}
