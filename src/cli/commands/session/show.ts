import { branchesOf, visibleBranch } from '../../../domain/branches.ts'
import { fold } from '../../../domain/step.ts'
import { reportUsage } from '../../../domain/usage.ts'
import { cliCommand } from '../../cli-command.ts'
import { writeJson, writeLine } from '../../output.ts'
import { renderSession } from '../../render/session.ts'
import { createStyle } from '../../render/style.ts'
import { resolveSession } from '../../session/resolve-session.ts'
import { jsonFlag, placeFlags, sessionPlace } from '../../session/session-flags.ts'
import { branchRecord, reachedRecord, sessionRecord } from '../../session/session-record.ts'
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
      const [events, reached] = await Promise.all([session.events(), session.reached()])
      const state = fold(events)
      const branches = branchesOf(events)
      if (args.json === true) {
        const { lastSequence, turns, outcome } = state
        const facts = { turns, outcome, ...reachedRecord(reached), usage: reportUsage(state.usage) }
        const all = args.all === true ? { branches: branches.map(branchRecord) } : {}
        writeJson({ ...sessionRecord(session), last_sequence: lastSequence, ...facts, ...all })
      } else {
        const shown = { record: session.record, state, reached, branches, followed: visibleBranch(events).length }
        writeLine(renderSession(shown, { style: createStyle(process.stdout), isWhole: args.all === true }))
      }
      return 0
    }),
})
