import { cliCommand } from '../cli-command.ts'

export const gateway = cliCommand({
  args: {
    listen: {
      type: 'string',
      valueHint: 'place',
      description: 'Address and port, or the path of a socket. Default: 127.0.0.1:4141.',
    },
    tokens: {
      type: 'string',
      valueHint: 'file',
      description: 'Who may use it: lines `organization/workspace token`. Read again when it changes.',
    },
    'allow-remote': { type: 'boolean', description: 'Listen at an address that other machines reach.' },
    'drain-seconds': {
      type: 'string',
      valueHint: 'n',
      description: 'How long requests under way may last after SIGTERM. Default: 30.',
    },
    script: { type: 'string', valueHint: 'file', description: 'Let this script play the model: no key, no cost.' },
  },
  run: async ({ args }) => {
    const { runGateway } = await import('../gateway/run-gateway.ts')
    return runGateway(args)
  },
})
