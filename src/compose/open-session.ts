import { sessionIdSchema, type SessionId } from '../domain/ids.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import type { WorkspaceStores } from '../ports/storage.ts'
import { openWorkspace, type WorkspaceOptions } from './open-workspace.ts'
import { processRuntime } from './process-runtime.ts'
import { Session } from './session.ts'

/** An existing session. @throws {PerdureError} `session_not_found`, `invalid_request`; `session_in_transit` after an interrupted move. */
export async function openSession(id: string, options: WorkspaceOptions = {}): Promise<Session> {
  const sessionId = sessionIdSchema.safeParse(id)
  if (!sessionId.success)
    throw new PerdureError('invalid_request', `This is ${sessionId.error.issues[0]?.message}: ${id}`)
  const place = { ...options, ...processRuntime().sessionPlaces.of(id, options) }
  const { stores } = await openWorkspace(place)
  const record = await stores.sessions.get(sessionId.data)
  if (record === null) throw await missing(stores, sessionId.data)
  return new Session(record, { stores, options: place })
}

/** Why a session is not found: there is none, or a move that was interrupted has it. */
async function missing({ transit }: WorkspaceStores, id: SessionId): Promise<PerdureError> {
  const departed = (await transit.departures()).find(({ record }) => record.id === id)
  return departed === undefined
    ? new PerdureError('session_not_found', `There is no session ${id}, or it has expired.`)
    : new PerdureError('session_in_transit', `The session ${id} is on its way to ${departed.to}.`, {
        details: { session_id: id, to: departed.to },
      })
}
