import { resolveSession } from '../session/resolve-session.ts'
import { usageError } from '../usage-error.ts'
import type { RunFlags } from './run-flags.ts'

/** The session that the flags name: by --session, --resume or --fork. Null: a new one. */
export async function sessionToRun(flags: RunFlags): Promise<string | null> {
  const { session, resume, fork } = flags
  const named = [session, resume, fork].filter((value) => value !== undefined)
  if (named.length > 1) throw usageError('--session, --resume and --fork exclude each other.', 'Give one of them.')
  const [id] = named
  if (id === undefined) return null
  const beginning = (['title', 'tag'] as const).find((flag) => flags[flag] !== undefined)
  if (beginning !== undefined && !(fork !== undefined && beginning === 'title')) {
    throw usageError(`--${beginning} is for a new session.`, 'Use perdure session rename or perdure session tag.')
  }
  const found = await resolveSession(id === '' ? 'latest' : id, { 'data-dir': flags['data-dir'] })
  return found.id
}
