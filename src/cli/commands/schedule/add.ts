import { cliCommand } from '../../cli-command.ts'
import { writeLine } from '../../output.ts'
import { usingRuntime } from '../../using-runtime.ts'
import { queuedFlags } from '../../worker/queued-flags.ts'

export const add = cliCommand({
  args: {
    name: { type: 'positional', required: true, description: 'Name of the schedule; one that has it is replaced.' },
    cron: { type: 'positional', required: true, description: 'When, in UTC: "0 9 * * MON" is each Monday at 9:00.' },
    prompt: {
      type: 'positional',
      required: false,
      valueHint: 'words…',
      description: 'What to say. Without it, or where it is -, standard input is read.',
    },
    ...queuedFlags,
  },
  run: ({ args }) =>
    usingRuntime(async () => {
      const [{ scheduleRuns }, { queuedOptions }] = await Promise.all([
        import('../../../compose/engine/submit-run.ts'),
        import('../../worker/queued-options.ts'),
      ])
      const [, , ...prompt] = args._
      await scheduleRuns({ ...(await queuedOptions({ ...args, prompt })), name: args.name, cron: args.cron })
      writeLine(`${args.name} runs at ${args.cron} (UTC)`)
      return 0
    }),
})
