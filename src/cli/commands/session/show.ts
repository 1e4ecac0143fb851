import { reportUsage } from '../../../domain/usage.ts'
import { cliCommand } from '../../cli-command.ts'
import { writeJson, writeLine } from '../../output.ts'
import { renderSession } from '../../render/session.ts'
import { createStyle } from '../../render/style.ts'
import { resolveSession } from '../../session/resolve-session.ts'
import { jsonFlag, placeFlags, sessionPlace } from '../../session/session-flags.ts'
import { sessionRecord } from '../../session/session-record.ts'
import { usingRuntime } from '../../using-runtime.ts'

export const show = cliCommand({
  args: { ...sessionPlace, ...jsonFlag, ...placeFlags },
  run: ({ args }) =>
    usingRuntime(async () => {
      const session = await resolveSession(args.id, args)
      const state = await session.state()
      if (args.json === true) {
        const { lastSequence, turns, outcome, turn } = state
        const facts = { turns, outcome, text: turn.texts.at(-1) ?? '', usage: reportUsage(state.usage) }
        writeJson({ ...sessionRecord(session), last_sequence: lastSequence, ...facts })
      } else {
        writeLine(renderSession({ record: session.record, state }, createStyle(process.stdout)))
      }
      return 0
    }),
})
