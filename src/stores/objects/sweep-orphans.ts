import type { SessionId } from '../../domain/ids.ts'
import type { ObjectWorkspace } from './object-workspace.ts'
import type { StoredSession } from './session-document.ts'

/**
 * Deletes the batches of a session's log and inbox that no version names, since their writer died before it wrote one. What
 * fails is done by the next.
 */
export async function sweepOrphans(workspace: ObjectWorkspace, sessionId: SessionId): Promise<void> {
  try {
    const prefix = `${workspace.sessionBatches(sessionId)}/`
    const found = await workspace.bucket.list(prefix)
    if (found.length === 0) return
    // A new version: whoever has put one of these batches for the next one comes too late, and puts others.
    const session = await workspace
      .session(sessionId)
      .change((document) => ({ state: { ...document }, result: document.session }))
    if (!session) return
    const named = await namedBatches(workspace, session)
    const own = `${prefix}${session.incarnation}/`
    await workspace.bucket.delete(found.filter((key) => key.startsWith(own) && !named.has(key)))
  } catch {
    // Nothing depends on it.
  }
}

async function namedBatches({ batches }: ObjectWorkspace, session: StoredSession): Promise<Set<string>> {
  const inputs = session.inbox.flatMap(({ payload }) => (typeof payload === 'string' ? [] : payload.storedAt))
  return new Set([...inputs, ...(await batches.keysOf(session.events))])
}
