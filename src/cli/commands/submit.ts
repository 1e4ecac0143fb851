import { cliCommand } from '../cli-command.ts'
import { writeJson, writeLine } from '../output.ts'
import { jsonFlag } from '../session/session-flags.ts'
import { positiveNumber } from '../session/positive-number.ts'
import { usingRuntime } from '../using-runtime.ts'
import { timeOf } from '../worker/time-of.ts'
import { queuedFlags } from '../worker/queued-flags.ts'
import { promptArgument } from './run.ts'

export const submit = cliCommand({
  args: {
    ...promptArgument,
    ...queuedFlags,
    id: { type: 'string', valueHint: 'id', description: 'Name of the run: the same name twice runs once.' },
    priority: { type: 'string', valueHint: 'n', description: 'Smaller first. Default: 100.' },
    at: { type: 'string', valueHint: 'time', description: 'Not before this time, as 2030-01-31T09:00Z.' },
    ...jsonFlag,
  },
  run: ({ args }) =>
    usingRuntime(async () => {
      const [{ submitRun }, { queuedOptions }] = await Promise.all([
        import('../../compose/engine/submit-run.ts'),
        import('../worker/queued-options.ts'),
      ])
      const submitted = await submitRun({
        ...(await queuedOptions({ ...args, prompt: args._ })),
        ...(args.id === undefined ? {} : { id: args.id }),
        ...(args.priority === undefined ? {} : { priority: positiveNumber(args.priority, '--priority') }),
        ...(args.at === undefined ? {} : { startAt: timeOf(args.at) }),
      })
      if (args.json === true) writeJson(submitted)
      else writeLine(`${submitted.runId}  ${submitted.sessionId}`)
      return 0
    }),
})
