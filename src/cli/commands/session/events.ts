import { visibleBranch } from '../../../domain/branches.ts'
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
    visible: { type: 'boolean', description: 'Without what rewinds left behind.' },
    ...jsonFlag,
    ...placeFlags,
  },
  run: ({ args }) =>
    usingRuntime(async () => {
      const session = await resolveSession(args.id, args)
      const after = sequenceAfter(args.after)
      const all = await session.events()
      const visible = new Set(visibleBranch(all))
      const write = eventWriter(session, { isJson: args.json === true, isLeft: (event) => !visible.has(event) })
      for (const event of args.visible === true ? visible : all) if (event.sequence > after) write(event)
      return 0
    }),
})
