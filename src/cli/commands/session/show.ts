import { branchesOf, visibleBranch } from '../../../domain/branches.ts'
import { fold } from '../../../domain/step.ts'
import { reportUsage } from '../../../domain/usage.ts'
import { cliCommand } from '../../cli-command.ts'
import { writeJson, writeLine } from '../../output.ts'
import { renderSession } from '../../render/session.ts'
import { createStyle } from '../../render/style.ts'
import { resolveSession } from '../../session/resolve-session.ts'
import { jsonFlag, placeFlags, sessionPlace } from '../../session/session-flags.ts'
import { branchRecord, sessionRecord } from '../../session/session-record.ts'
import { usingRuntime } from '../../using-runtime.ts'

export const show = cliCommand({
  args: {
    ...sessionPlace,
    all: { type: 'boolean', description: 'Also the branches that rewinds left.' },
    ...jsonFlag,
    ...placeFlags,
  },
  run: ({ args }) =>
    usingRuntime(async () => {
      const session = await resolveSession(args.id, args)
      const events = await session.events()
      const state = fold(events)
      const branches = branchesOf(events)
      if (args.json === true) {
        const { lastSequence, turns, outcome, turn } = state
        const facts = { turns, outcome, text: turn.texts.at(-1) ?? '', usage: reportUsage(state.usage) }
        const all = args.all === true ? { branches: branches.map(branchRecord) } : {}
        writeJson({ ...sessionRecord(session), last_sequence: lastSequence, ...facts, ...all })
      } else {
        const shown = { record: session.record, state, branches, followed: visibleBranch(events).length }
        writeLine(renderSession(shown, { style: createStyle(process.stdout), isWhole: args.all === true }))
      }
      return 0
    }),
})
