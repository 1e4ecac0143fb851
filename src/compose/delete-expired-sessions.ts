import type { SessionId } from '../domain/ids.ts'
import { deleteExpired } from './delete-sessions.ts'
import { openWorkspace, type WorkspaceOptions } from './open-workspace.ts'

/** Removes the sessions whose time is over; resolves to their ids. */
export async function deleteExpiredSessions(options: WorkspaceOptions = {}): Promise<SessionId[]> {
  return deleteExpired(await openWorkspace(options))
}
