import type { Session } from '../../compose/session.ts'
import { writeJson, writeLine } from '../output.ts'
import { usingRuntime } from '../using-runtime.ts'
import { resolveSession } from './resolve-session.ts'
import { sessionRecord } from './session-record.ts'
import type { PlaceFlags } from './workspace-of.ts'

export interface ChangeFlags extends PlaceFlags {
  readonly id: string
  readonly json?: boolean | undefined
}

/** Changes one session and says so; with --json, writes what it is now. */
export const changeSession = (
  flags: ChangeFlags,
  change: (session: Session) => Promise<{ session: Session; said: string }>,
): Promise<number> =>
  usingRuntime(async () => {
    const { session, said } = await change(await resolveSession(flags.id, flags))
    if (flags.json === true) writeJson(sessionRecord(session))
    else writeLine(said)
    return 0
  })
