import { cliCommand } from '../cli-command.ts'

export const replay = cliCommand({
  args: {
    cassette: { type: 'positional', required: true, valueHint: 'folder', description: 'The recording.' },
    match: {
      type: 'enum',
      valueHint: 'way',
      options: ['in-order', 'any-order'],
      description: 'in-order: the nth request of a thread is the nth recorded one. Or any-order. Default: in-order.',
    },
    speed: {
      type: 'enum',
      valueHint: 'pace',
      options: ['now', 'recorded'],
      description: 'now, or recorded: with the pauses of the recording. Default: now.',
    },
    tools: {
      type: 'enum',
      valueHint: 'source',
      options: ['live', 'recorded'],
      description: 'live: tools work. recorded: their results come from the recording too. Default: live.',
    },
    cwd: {
      type: 'string',
      valueHint: 'folder',
      description: 'Where the agent works. Default: a copy of this folder, removed afterwards.',
    },
    update: { type: 'boolean', description: 'Do the run again with the model and replace the recording.' },
    script: { type: 'string', valueHint: 'file', description: 'With --update: let this script play the model.' },
    'data-dir': { type: 'string', valueHint: 'folder', description: 'Where the session is kept. Default: nowhere.' },
    json: { type: 'boolean', description: 'One event a line; then the outcome, and what was played.' },
  },
  run: async ({ args }) => {
    const { replayFromCommandLine } = await import('../replay/replay-from-command-line.ts')
    return replayFromCommandLine(args)
  },
})
