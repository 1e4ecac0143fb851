import { cliCommand } from '../../cli-command.ts'
import { eventWriter } from '../../session/event-writer.ts'
import { resolveSession } from '../../session/resolve-session.ts'
import { afterFlag, jsonFlag, placeFlags, sessionPlace } from '../../session/session-flags.ts'
import { sequenceAfter } from '../../session/sequence-after.ts'
import { usingRuntime } from '../../using-runtime.ts'

export const events = cliCommand({
  args: {
    ...sessionPlace,
    ...afterFlag,
    ...jsonFlag,
    ...placeFlags,
  },
  run: ({ args }) =>
    usingRuntime(async () => {
      const session = await resolveSession(args.id, args)
      const write = eventWriter(session, { isJson: args.json === true })
      for (const event of await session.events({ after: sequenceAfter(args.after) })) write(event)
      return 0
    }),
})
