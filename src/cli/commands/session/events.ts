import { cliCommand } from '../../cli-command.ts'
import { writeJson, writeLine } from '../../output.ts'
import { Timeline } from '../../render/timeline.ts'
import { createStyle } from '../../render/style.ts'
import { resolveSession } from '../../session/resolve-session.ts'
import { jsonFlag, placeFlags, sessionPlace } from '../../session/session-flags.ts'
import { sequenceAfter } from '../../session/sequence-after.ts'
import { usingRuntime } from '../../using-runtime.ts'

export const events = cliCommand({
  args: {
    ...sessionPlace,
    after: { type: 'string', valueHint: 'sequence', description: 'Only events after this one.' },
    ...jsonFlag,
    ...placeFlags,
  },
  run: ({ args }) =>
    usingRuntime(async () => {
      const session = await resolveSession(args.id, args)
      const timeline = new Timeline({ style: createStyle(process.stdout), columns: process.stdout.columns ?? 120 })
      for (const event of await session.events({ after: sequenceAfter(args.after) })) {
        if (args.json === true) writeJson(event)
        else writeLine(timeline.line(event))
      }
      return 0
    }),
})
