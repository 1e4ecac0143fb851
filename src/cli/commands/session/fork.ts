import { cliCommand } from '../../cli-command.ts'
import { resumeCommand } from '../../render/outcome.ts'
import { changeSession } from '../../session/change-session.ts'
import { positiveNumber } from '../../session/positive-number.ts'
import { jsonFlag, placeFlags, sessionPlace } from '../../session/session-flags.ts'

export const fork = cliCommand({
  args: {
    ...sessionPlace,
    title: { type: 'string', valueHint: 'text', description: 'Title of the fork.' },
    at: { type: 'string', valueHint: 'sequence', description: 'Where it begins. Default: at the newest event.' },
    ...jsonFlag,
    ...placeFlags,
  },
  run: ({ args }) =>
    changeSession(args, async (session) => {
      const at = args.at === undefined ? {} : { at: positiveNumber(args.at, '--at') }
      const forked = await session.fork(args.title, at)
      const resume = resumeCommand(forked.id, { dataDirectory: args['data-dir'] })
      return { session: forked, said: `${forked.id} is a fork of ${session.id}\n${resume}` }
    }),
})
