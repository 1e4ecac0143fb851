import { cliCommand, type CommandArguments } from '../cli-command.ts'

export const promptArgument = {
  prompt: {
    type: 'positional',
    required: false,
    valueHint: 'words…',
    description: 'What to say. Without it, or where it is -, standard input is read.',
  },
} as const satisfies CommandArguments

/** What may be said about a run, however it is started. */
export const runFlags = {
  session: { type: 'string', valueHint: 'id', description: 'Go on with this session.' },
  resume: {
    type: 'string',
    valueHint: '[id]',
    description: 'Go on with this session; without an id, with the one that changed last.',
  },
  fork: { type: 'string', valueHint: 'id', description: 'Go on in a copy of this session.' },
  title: { type: 'string', valueHint: 'text', description: 'Title of the new session.' },
  tag: { type: 'string', valueHint: 'a,b', description: 'Tags of the new session.' },
  model: { type: 'string', valueHint: 'id', description: 'Full id of the model.' },
  script: { type: 'string', valueHint: 'file', description: 'Let this script play the model: no key, no cost.' },
  cwd: { type: 'string', valueHint: 'folder', description: 'Where the agent works. Default: here.' },
  tools: { type: 'string', valueHint: 'a,b', description: 'The tools it has. Default: Bash, Edit, Read, Write.' },
  'allowed-tools': { type: 'string', valueHint: 'a,b', description: 'Tools or rules that need no permission.' },
  'permission-mode': {
    type: 'enum',
    valueHint: 'mode',
    options: ['default', 'acceptEdits', 'bypassPermissions', 'plan', 'dontAsk', 'auto'],
    description: 'default, acceptEdits, bypassPermissions, plan, dontAsk or auto.',
  },
  approvals: {
    type: 'enum',
    valueHint: 'way',
    options: ['ask', 'refuse', 'stop'],
    description:
      'Calls that nothing allows: ask here, refuse, or stop the run. Default: ask on a terminal, else refuse.',
  },
  approve: {
    type: 'string',
    valueHint: 'id',
    description: 'With a session: allow the call it waits with, and go on.',
  },
  deny: { type: 'string', valueHint: 'id', description: 'With a session: refuse the call it waits with, and go on.' },
  reason: { type: 'string', valueHint: 'text', description: 'With --deny: what the agent is told.' },
  'max-turns': { type: 'string', valueHint: 'n', description: 'Most rounds of the agent within one turn.' },
  'timeout-seconds': { type: 'string', valueHint: 'n', description: 'Longest time from start to end.' },
  'max-cost-usd': {
    type: 'string',
    valueHint: 'usd',
    description: 'Most that the run may cost, in US dollars. It is never exceeded.',
  },
  'on-budget-exceeded': {
    type: 'enum',
    valueHint: 'way',
    options: ['pause', 'abort', 'warn'],
    description: 'With --max-cost-usd: pause, abort or warn. Default: pause.',
  },
  'cache-ttl': {
    type: 'enum',
    valueHint: 'ttl',
    options: ['5m', '1h'],
    description: 'How long the conversation stays in the prompt cache: 5m or 1h. Default: 5m.',
  },
  'keep-warm-minutes': {
    type: 'string',
    valueHint: 'n',
    description: 'Keep that cache warm for so long while the agent asks nothing, where that is worth its cost.',
  },
  'no-checkpoints': { type: 'boolean', description: 'Do not save the folder, neither as it is found nor after turns.' },
  'checkpoint-before': {
    type: 'string',
    valueHint: 'a,b',
    description: 'Tools before whose calls the folder is saved as well.',
  },
  user: { type: 'string', valueHint: 'id', description: 'For whom the agent works; its costs count for this user.' },
  'data-dir': { type: 'string', valueHint: 'folder', description: 'Where sessions are kept.' },
  json: { type: 'boolean', description: 'One event a line; the last line is the outcome.' },
  previews: { type: 'boolean', description: 'With --json: live text as well.' },
} as const satisfies CommandArguments

export const run = cliCommand({
  args: {
    ...promptArgument,
    ...runFlags,
    record: { type: 'string', valueHint: 'folder', description: 'Take the model traffic down in this cassette.' },
    cassette: {
      type: 'string',
      valueHint: 'folder',
      description: 'Let this recording play the model: no key, no cost.',
    },
  },
  run: async ({ args }) => {
    const { runFromCommandLine } = await import('../run/run-from-command-line.ts')
    return runFromCommandLine({ ...args, prompt: args._ })
  },
})
