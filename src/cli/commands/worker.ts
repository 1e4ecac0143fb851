import { cliCommand } from '../cli-command.ts'
import { jsonFlag, placeFlags } from '../session/session-flags.ts'

export const worker = cliCommand({
  args: {
    slots: { type: 'string', valueHint: 'n', description: 'Runs at the same time. Default: by cores and memory.' },
    'per-tenant': {
      type: 'string',
      valueHint: 'n',
      description: 'Runs of one workspace at the same time, over all workers. Default: 10.',
    },
    'rate-per-minute': {
      type: 'string',
      valueHint: 'n',
      description: 'Runs of one workspace that may begin in a minute, over all workers. Default: any number.',
    },
    'drain-ms': {
      type: 'string',
      valueHint: 'ms',
      description: 'How long runs may go on after SIGTERM before another worker goes on with them. Default: 30000.',
    },
    script: { type: 'string', valueHint: 'file', description: 'Let this script play the model: no key, no cost.' },
    ...jsonFlag,
    ...placeFlags,
  },
  run: async ({ args }) => {
    const { runWorker } = await import('../worker/run-worker.ts')
    return runWorker(args)
  },
})
