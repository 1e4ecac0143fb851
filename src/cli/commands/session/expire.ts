import { cliCommand } from '../../cli-command.ts'
import { changeSession } from '../../session/change-session.ts'
import { positiveNumber } from '../../session/positive-number.ts'
import { jsonFlag, placeFlags, sessionPlace } from '../../session/session-flags.ts'

export const expire = cliCommand({
  args: {
    ...sessionPlace,
    seconds: { type: 'positional', required: true, description: 'Seconds after its last change, or never.' },
    ...jsonFlag,
    ...placeFlags,
  },
  run: ({ args }) =>
    changeSession(args, async (session) => {
      await session.expire(args.seconds === 'never' ? null : positiveNumber(args.seconds, 'seconds'))
      const at = session.record.expiresAt
      return {
        session,
        said: at === null ? `${session.id} never expires` : `${session.id} expires at ${at.toISOString()}`,
      }
    }),
})
