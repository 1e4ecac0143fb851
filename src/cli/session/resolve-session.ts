import type { Session } from '../../compose/session.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import { workspaceOf, type PlaceFlags } from './workspace-of.ts'
import { typedCommand } from '../typed-command.ts'

/** A session by its id, or by `latest`: the one that changed last. @throws {PerdureError} `session_not_found`, `invalid_request`. */
export async function resolveSession(id: string, flags: PlaceFlags): Promise<Session> {
  const [{ listSessions }, { openSession }] = await Promise.all([
    import('../../compose/list-sessions.ts'),
    import('../../compose/open-session.ts'),
  ])
  if (id !== 'latest') return openSession(id, workspaceOf(flags))
  const sessions = await listSessions(workspaceOf(flags))
  const [newest] = sessions.toSorted(
    (left, right) => right.record.updatedAt.getTime() - left.record.updatedAt.getTime(),
  )
  if (newest === undefined) {
    throw new PerdureError('session_not_found', 'There is no session here yet.', {
      hint: `Begin one: ${typedCommand()} run "…"`,
    })
  }
  return newest
}
