import { cliCommand } from '../../cli-command.ts'
import { writeJson, writeLine } from '../../output.ts'
import { jsonFlag, placeFlags } from '../../session/session-flags.ts'
import { workspaceOf } from '../../session/workspace-of.ts'
import { usingRuntime } from '../../using-runtime.ts'

export const cancel = cliCommand({
  args: {
    id: { type: 'positional', required: true, description: 'Id of the run. Where it runs, its agent ends.' },
    ...jsonFlag,
    ...placeFlags,
  },
  run: ({ args }) =>
    usingRuntime(async () => {
      const { cancelRun } = await import('../../../compose/engine/runs.ts')
      const run = await cancelRun(args.id, workspaceOf(args))
      if (args.json === true) writeJson(run)
      // The worker that does it hears of it in a moment.
      else writeLine(`${run.id} is ${run.status === 'running' ? 'being cancelled' : run.status}`)
      return 0
    }),
})
