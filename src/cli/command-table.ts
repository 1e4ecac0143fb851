import type { CliCommand } from './cli-command.ts'

/** A command as the help knows it; its code is loaded when it is called. */
export interface CommandEntry {
  readonly summary: string
  readonly load: () => Promise<CliCommand>
}

export interface CommandGroup {
  readonly summary: string
  readonly commands: Readonly<Record<string, CommandEntry>>
}

const sessionCommands: CommandGroup['commands'] = {
  list: { summary: 'Sessions, newest first', load: async () => (await import('./commands/session/list.ts')).list },
  show: {
    summary: 'One session: its record and its state',
    load: async () => (await import('./commands/session/show.ts')).show,
  },
  events: {
    summary: 'The event log of a session',
    load: async () => (await import('./commands/session/events.ts')).events,
  },
  follow: {
    summary: 'The log, then what any process adds to it',
    load: async () => (await import('./commands/session/follow.ts')).follow,
  },
  rename: {
    summary: 'Gives a session a title',
    load: async () => (await import('./commands/session/rename.ts')).rename,
  },
  tag: { summary: 'Replaces the tags of a session', load: async () => (await import('./commands/session/tag.ts')).tag },
  fork: {
    summary: 'A session of its own that begins where this one stands',
    load: async () => (await import('./commands/session/fork.ts')).fork,
  },
  'import-claude': {
    summary: 'A session of its own that begins where one of Claude Code stands',
    load: async () => (await import('./commands/session/import-claude.ts')).importClaude,
  },
  rewind: {
    summary: 'Takes a session back to an event, with its files',
    load: async () => (await import('./commands/session/rewind.ts')).rewind,
  },
  diff: {
    summary: 'Which files differ between two events',
    load: async () => (await import('./commands/session/diff.ts')).diff,
  },
  tree: {
    summary: 'The forks of a session, and what its rewinds left',
    load: async () => (await import('./commands/session/tree.ts')).tree,
  },
  export: {
    summary: 'A session as one archive file',
    load: async () => (await import('./commands/session/export.ts')).exportCommand,
  },
  import: {
    summary: 'A session from such a file',
    load: async () => (await import('./commands/session/import.ts')).importCommand,
  },
  move: {
    summary: 'Sessions to another storage',
    load: async () => (await import('./commands/session/move.ts')).move,
  },
  expire: {
    summary: 'When a session expires',
    load: async () => (await import('./commands/session/expire.ts')).expire,
  },
  prune: {
    summary: 'Removes sessions that are old or expired',
    load: async () => (await import('./commands/session/prune.ts')).prune,
  },
  delete: {
    summary: 'Removes a session with all its events',
    load: async () => (await import('./commands/session/delete.ts')).deleteCommand,
  },
}

const budgetCommands: CommandGroup['commands'] = {
  set: { summary: 'Limits what is spent', load: async () => (await import('./commands/budget/set.ts')).set },
  list: {
    summary: 'The budgets, and how they stand',
    load: async () => (await import('./commands/budget/list.ts')).list,
  },
  remove: { summary: 'Takes a limit away', load: async () => (await import('./commands/budget/remove.ts')).remove },
}

const scheduleCommands: CommandGroup['commands'] = {
  add: {
    summary: 'Runs at each time of a cron expression',
    load: async () => (await import('./commands/schedule/add.ts')).add,
  },
  list: { summary: 'The schedules', load: async () => (await import('./commands/schedule/list.ts')).list },
  remove: { summary: 'Ends a schedule', load: async () => (await import('./commands/schedule/remove.ts')).remove },
}

const runsCommands: CommandGroup['commands'] = {
  list: {
    summary: 'Runs of the queue, newest first',
    load: async () => (await import('./commands/runs/list.ts')).list,
  },
  show: { summary: 'One run and what became of it', load: async () => (await import('./commands/runs/show.ts')).show },
  cancel: {
    summary: 'Takes a run out of the queue, or ends it',
    load: async () => (await import('./commands/runs/cancel.ts')).cancel,
  },
}

const vaultCommands: CommandGroup['commands'] = {
  set: {
    summary: 'Sets a secret, from standard input or a hidden prompt',
    load: async () => (await import('./commands/vault/set.ts')).set,
  },
  list: { summary: 'Names and times', load: async () => (await import('./commands/vault/list.ts')).list },
  delete: {
    summary: 'Removes a secret',
    load: async () => (await import('./commands/vault/delete.ts')).deleteCommand,
  },
}

const configCommands: CommandGroup['commands'] = {
  show: {
    summary: 'What is in effect, and who says so',
    load: async () => (await import('./commands/config/show.ts')).show,
  },
}

export const commands: Readonly<Record<string, CommandEntry | CommandGroup>> = {
  run: {
    summary: 'Run an agent: a new session, or the next turn of one',
    load: async () => (await import('./commands/run.ts')).run,
  },
  record: {
    summary: 'Run an agent and take its model traffic down',
    load: async () => (await import('./commands/record.ts')).record,
  },
  replay: {
    summary: 'Do a recorded run again, without a model',
    load: async () => (await import('./commands/replay.ts')).replay,
  },
  session: { summary: 'List, read, rewind, fork, move and delete sessions', commands: sessionCommands },
  cost: {
    summary: 'What model calls cost, by model, session, user, tag or time',
    load: async () => (await import('./commands/cost.ts')).cost,
  },
  budget: { summary: 'Limits of sessions, users, workspaces', commands: budgetCommands },
  worker: {
    summary: 'Do the runs that are queued, as one of a fleet or alone',
    load: async () => (await import('./commands/worker.ts')).worker,
  },
  submit: {
    summary: 'Queue a run for workers',
    load: async () => (await import('./commands/submit.ts')).submit,
  },
  schedule: { summary: 'Runs that repeat', commands: scheduleCommands },
  runs: { summary: 'What is queued, what runs, what became of it', commands: runsCommands },
  gateway: {
    summary: 'The model gateway alone, for workers elsewhere',
    load: async () => (await import('./commands/gateway.ts')).gateway,
  },
  vault: { summary: 'Secrets, encrypted at rest', commands: vaultCommands },
  config: { summary: 'The configuration', commands: configCommands },
  demo: {
    summary: 'An agent mends a bug in a small repository; needs no key',
    load: async () => (await import('./commands/demo.ts')).demo,
  },
  doctor: {
    summary: 'What this machine has, what it lacks, what mends it',
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
  version: { summary: 'The version of Perdure', load: async () => (await import('./commands/version.ts')).version },
}
