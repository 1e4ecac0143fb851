import { cliCommand } from '../../cli-command.ts'
import { writeLine } from '../../output.ts'
import { placeFlags } from '../../session/session-flags.ts'
import { workspaceOf } from '../../session/workspace-of.ts'
import { usingRuntime } from '../../using-runtime.ts'

export const remove = cliCommand({
  args: { name: { type: 'positional', required: true, description: 'Name of the schedule.' }, ...placeFlags },
  run: ({ args }) =>
    usingRuntime(async () => {
      const { unscheduleRuns } = await import('../../../compose/engine/submit-run.ts')
      await unscheduleRuns({ ...workspaceOf(args), name: args.name })
      writeLine(`${args.name} is removed`)
      return 0
    }),
})
