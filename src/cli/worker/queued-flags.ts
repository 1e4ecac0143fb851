import { runFlags } from '../commands/run.ts'

const { session, title, tag, model, script, cwd, tools, user } = runFlags

/** What may be said about a run that a worker does. */
export const queuedFlags = {
  session,
  title,
  tag,
  model,
  script,
  cwd,
  tools,
  'allowed-tools': runFlags['allowed-tools'],
  'permission-mode': runFlags['permission-mode'],
  'max-turns': runFlags['max-turns'],
  'timeout-seconds': runFlags['timeout-seconds'],
  'max-cost-usd': runFlags['max-cost-usd'],
  user,
  'data-dir': runFlags['data-dir'],
} as const
