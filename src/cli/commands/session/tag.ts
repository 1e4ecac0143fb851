import { cliCommand } from '../../cli-command.ts'
import { changeSession } from '../../session/change-session.ts'
import { jsonFlag, placeFlags, sessionPlace } from '../../session/session-flags.ts'

export const tag = cliCommand({
  args: {
    ...sessionPlace,
    tags: { type: 'positional', required: false, description: 'The new tags, a,b. Without them it has none.' },
    ...jsonFlag,
    ...placeFlags,
  },
  run: ({ args }) =>
    changeSession(args, async (session) => {
      const tags = (args.tags ?? '')
        .split(',')
        .map((tag) => tag.trim())
        .filter((tag) => tag !== '')
      await session.tag(tags)
      return {
        session,
        said: tags.length === 0 ? `${session.id} has no tags now` : `${session.id} has the tags ${tags.join(', ')}`,
      }
    }),
})
