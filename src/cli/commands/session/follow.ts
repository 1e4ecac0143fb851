import { cliCommand } from '../../cli-command.ts'
import { outputClosed, writeJson, writeLine } from '../../output.ts'
import { Timeline } from '../../render/timeline.ts'
import { createStyle } from '../../render/style.ts'
import { resolveSession } from '../../session/resolve-session.ts'
import { jsonFlag, placeFlags, sessionPlace } from '../../session/session-flags.ts'
import { sequenceAfter } from '../../session/sequence-after.ts'
import { usingRuntime } from '../../using-runtime.ts'

export const follow = cliCommand({
  args: {
    ...sessionPlace,
    after: { type: 'string', valueHint: 'sequence', description: 'Only events after this one.' },
    ...jsonFlag,
    ...placeFlags,
  },
  run: ({ args }) =>
    usingRuntime(async () => {
      const interrupted = new AbortController()
      process.once('SIGINT', () => interrupted.abort())
      process.once('SIGTERM', () => interrupted.abort())
      const session = await resolveSession(args.id, args)
      const timeline = new Timeline({ style: createStyle(process.stdout), columns: process.stdout.columns ?? 120 })
      const signal = AbortSignal.any([interrupted.signal, outputClosed])
      for await (const event of session.follow({ after: sequenceAfter(args.after), signal })) {
        if (args.json === true) writeJson(event)
        else writeLine(timeline.line(event))
      }
      return interrupted.signal.aborted ? 130 : 0
    }),
})
