import { cliCommand } from '../../cli-command.ts'
import { writeJson, writeLine } from '../../output.ts'
import { renderFileChanges } from '../../render/file-changes.ts'
import { createStyle } from '../../render/style.ts'
import { eventFlag } from '../../session/event-flag.ts'
import { resolveSession } from '../../session/resolve-session.ts'
import { jsonFlag, placeFlags, sessionPlace } from '../../session/session-flags.ts'
import { usingRuntime } from '../../using-runtime.ts'

export const diff = cliCommand({
  args: {
    ...sessionPlace,
    from: { type: 'positional', required: false, valueHint: '[event]', description: 'Default: before the last turn.' },
    to: { type: 'positional', required: false, valueHint: '[event]', description: 'Default: the newest event.' },
    patch: { type: 'boolean', description: 'The changes of texts as a unified diff.' },
    ...jsonFlag,
    ...placeFlags,
  },
  run: ({ args }) =>
    usingRuntime(async () => {
      const session = await resolveSession(args.id, args)
      const { from, to, changes, more, patch } = await session.diff({
        ...(args.from === undefined ? {} : { from: eventFlag(args.from, 'from') }),
        ...(args.to === undefined ? {} : { to: eventFlag(args.to, 'to') }),
        patch: args.patch === true,
      })
      if (args.json === true) {
        const end = ({ checkpointId, sequence }: typeof from) => ({
          checkpoint_id: checkpointId,
          saved_at_sequence: sequence,
        })
        writeJson({ id: session.id, from: end(from), to: end(to), changes, more, ...(patch === null ? {} : { patch }) })
      } else
        writeLine(patch === null ? renderFileChanges({ changes, more }, createStyle(process.stdout)) : patch.trimEnd())
      return 0
    }),
})
