import { cliCommand } from '../cli-command.ts'
import { promptArgument, runFlags } from './run.ts'

export const record = cliCommand({
  args: {
    cassette: {
      type: 'positional',
      required: true,
      valueHint: 'folder',
      description: 'Where the recording is kept; what was recorded there before is replaced.',
    },
    ...promptArgument,
    ...runFlags,
  },
  run: async ({ args }) => {
    const { runFromCommandLine } = await import('../run/run-from-command-line.ts')
    const { cassette, ...flags } = args
    return runFromCommandLine({ ...flags, record: cassette, prompt: args._.slice(1) })
  },
})
