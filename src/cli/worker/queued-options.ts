import type { QueuedRunOptions } from '../../compose/engine/submit-run.ts'
import { readPrompt } from '../run/read-prompt.ts'
import type { RunFlags } from '../run/run-flags.ts'
import { runOptions } from '../run/run-options.ts'

/** The flags of `perdure run` that a run for workers may have. */
export type QueuedFlags = Pick<
  RunFlags,
  | 'prompt'
  | 'session'
  | 'title'
  | 'tag'
  | 'model'
  | 'script'
  | 'cwd'
  | 'tools'
  | 'allowed-tools'
  | 'permission-mode'
  | 'max-turns'
  | 'timeout-seconds'
  | 'max-cost-usd'
  | 'user'
  | 'data-dir'
>

/** @throws {PerdureError} `invalid_request`. */
export async function queuedOptions(flags: QueuedFlags): Promise<QueuedRunOptions> {
  const prompt = await readPrompt({ words: flags.prompt, stdin: process.stdin, isOptional: false })
  const options = runOptions(flags, { prompt, sessionId: flags.session ?? null, canAsk: false })
  return options as typeof options & QueuedRunOptions
}
