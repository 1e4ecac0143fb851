import { cliCommand } from '../../cli-command.ts'
import { resumeCommand } from '../../render/outcome.ts'
import { changeSession } from '../../session/change-session.ts'
import { eventFlag } from '../../session/event-flag.ts'
import { jsonFlag, placeFlags, sessionPlace } from '../../session/session-flags.ts'

export const fork = cliCommand({
  args: {
    ...sessionPlace,
    title: { type: 'string', valueHint: 'text', description: 'Title of the fork.' },
    at: { type: 'string', valueHint: 'event', description: 'Where it begins. Default: at the newest event.' },
    into: { type: 'string', valueHint: 'folder', description: 'For files of its own: empty, or missing.' },
    files: {
      type: 'enum',
      options: ['own', 'shared'],
      description: 'Files of its own, or the same folder. Default: own with --at or --into, else shared.',
    },
    ...jsonFlag,
    ...placeFlags,
  },
  run: ({ args }) =>
    changeSession(args, async (session) => {
      const forked = await session.fork({
        ...(args.title === undefined ? {} : { title: args.title }),
        ...(args.at === undefined ? {} : { at: eventFlag(args.at, '--at') }),
        ...(args.into === undefined ? {} : { workingDirectory: args.into }),
        ...(args.files === undefined ? {} : { files: args.files }),
      })
      const { workingDirectory } = forked.record
      const place =
        workingDirectory === session.record.workingDirectory ? 'in the same folder' : `in ${workingDirectory}`
      const resume = resumeCommand(forked.id, { dataDirectory: args['data-dir'] })
      return { session: forked, said: `${forked.id} is a fork of ${session.id}, ${place}\n${resume}` }
    }),
})
