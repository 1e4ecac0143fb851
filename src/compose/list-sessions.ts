import { PerdureError } from '../errors/perdure-error.ts'
import type { ListSessionsOptions } from '../ports/session-records.ts'
import { openWorkspace, type WorkspaceOptions } from './open-workspace.ts'
import { Session } from './session.ts'

/** Sessions, newest first. @throws {PerdureError} `invalid_request`. */
export async function listSessions(options: WorkspaceOptions & ListSessionsOptions = {}): Promise<Session[]> {
  const { limit, tag, status, parentId, ...workspaceOptions } = options
  if (limit !== undefined && limit !== Infinity && !(Number.isSafeInteger(limit) && limit >= 0)) {
    throw new PerdureError('invalid_request', 'Option limit must be a whole number, 0 or more.')
  }
  const { stores } = await openWorkspace(workspaceOptions)
  const filter = Object.fromEntries(
    Object.entries({ limit, tag, status, parentId }).filter(([, value]) => value !== undefined),
  )
  const records = await stores.sessions.list(filter)
  return records.map((record) => new Session(record, { stores, options: workspaceOptions }))
}
