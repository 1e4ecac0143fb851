import type { Session } from '../../compose/session.ts'
import { branchesOf, type Branch } from '../../domain/branches.ts'
import type { NanoUsd } from '../../domain/money.ts'
import { fold } from '../../domain/step.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import { workspaceOf, type PlaceFlags } from './workspace-of.ts'

/** A session with its branches and its forks. */
export interface SessionTree {
  readonly session: Session
  readonly branches: readonly Branch[]
  readonly turns: number
  readonly costNanoUsd: NanoUsd
  readonly forks: readonly SessionTree[]
}

/** The whole tree that a session belongs to, from the oldest ancestor that is still there. */
export async function sessionTree(session: Session, flags: PlaceFlags): Promise<SessionTree> {
  const [{ listSessions }, { openSession }] = await Promise.all([
    import('../../compose/list-sessions.ts'),
    import('../../compose/open-session.ts'),
  ])
  let root = session
  for (let { parent } = root.record; parent !== null; { parent } = root.record) {
    const found = await openSession(parent.sessionId, workspaceOf(flags)).catch(unlessGone)
    if (found === null) break
    root = found
  }
  const below = async (of: Session): Promise<SessionTree> => {
    const events = await of.events()
    const { turns, usage } = fold(events)
    const children = await listSessions({ ...workspaceOf(flags), parentId: of.id })
    const ordered = children.toSorted((a, b) => (a.id < b.id ? -1 : 1))
    const forks: SessionTree[] = []
    for (const child of ordered) forks.push(await below(child))
    return { session: of, branches: branchesOf(events), turns, costNanoUsd: usage.costNanoUsd, forks }
  }
  return below(root)
}

/** Deleted, or moved to another place. */
function unlessGone(error: unknown): null {
  if (PerdureError.is(error) && (error.code === 'session_not_found' || error.code === 'session_in_transit')) return null
  throw error
}
