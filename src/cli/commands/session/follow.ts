import { cliCommand } from '../../cli-command.ts'
import { outputClosed } from '../../output.ts'
import { eventWriter } from '../../session/event-writer.ts'
import { resolveSession } from '../../session/resolve-session.ts'
import { afterFlag, jsonFlag, placeFlags, sessionPlace } from '../../session/session-flags.ts'
import { sequenceAfter } from '../../session/sequence-after.ts'
import { usingRuntime } from '../../using-runtime.ts'

export const follow = cliCommand({
  args: {
    ...sessionPlace,
    ...afterFlag,
    ...jsonFlag,
    ...placeFlags,
  },
  run: ({ args }) =>
    usingRuntime(async () => {
      const interrupted = new AbortController()
      process.once('SIGINT', () => interrupted.abort())
      process.once('SIGTERM', () => interrupted.abort())
      const session = await resolveSession(args.id, args)
      const write = eventWriter(session, { isJson: args.json === true })
      const signal = AbortSignal.any([interrupted.signal, outputClosed])
      // A subscription alone does not keep a process alive.
      const alive = setInterval(() => {}, 60_000)
      try {
        for await (const event of session.follow({ after: sequenceAfter(args.after), signal })) write(event)
      } finally {
        clearInterval(alive)
      }
      return interrupted.signal.aborted ? 130 : 0
    }),
})
