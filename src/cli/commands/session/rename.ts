import { cliCommand } from '../../cli-command.ts'
import { changeSession } from '../../session/change-session.ts'
import { jsonFlag, placeFlags, sessionPlace } from '../../session/session-flags.ts'

export const rename = cliCommand({
  args: {
    ...sessionPlace,
    title: { type: 'positional', required: true, description: 'The new title.' },
    ...jsonFlag,
    ...placeFlags,
  },
  run: ({ args }) =>
    changeSession(args, async (session) => {
      await session.rename(args.title)
      return { session, said: `${session.id} is now called ${args.title}` }
    }),
})
