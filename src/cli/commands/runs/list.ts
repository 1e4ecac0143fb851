import { cliCommand } from '../../cli-command.ts'
import { writeJson, writeLine } from '../../output.ts'
import { renderRunTable } from '../../render/run-table.ts'
import { createStyle } from '../../render/style.ts'
import { positiveNumber } from '../../session/positive-number.ts'
import { jsonFlag, placeFlags } from '../../session/session-flags.ts'
import { workspaceOf } from '../../session/workspace-of.ts'
import { usingRuntime } from '../../using-runtime.ts'

export const list = cliCommand({
  args: {
    status: {
      type: 'enum',
      valueHint: 'status',
      options: ['queued', 'running', 'completed', 'failed', 'cancelled'],
      description: 'Only those: queued, running, completed, failed or cancelled.',
    },
    limit: { type: 'string', valueHint: 'n', description: 'At most so many. Default: 50.' },
    ...jsonFlag,
    ...placeFlags,
  },
  run: ({ args }) =>
    usingRuntime(async () => {
      const { listRuns } = await import('../../../compose/engine/runs.ts')
      const runs = await listRuns({
        ...workspaceOf(args),
        limit: positiveNumber(args.limit ?? '50', '--limit'),
        ...(args.status === undefined ? {} : { status: args.status }),
      })
      if (args.json === true) for (const run of runs) writeJson(run)
      else writeLine(runs.length === 0 ? 'There is no run.' : renderRunTable(runs, createStyle(process.stdout)))
      return 0
    }),
})
