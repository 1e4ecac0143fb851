import { PerdureError } from '../errors/perdure-error.ts'
import type { SessionRecord } from '../ports/session-records.ts'

/** @throws {PerdureError} `invalid_request` for a session that is over, as one of an archive without transcripts is. */
export function requireNotTerminated({ id, status }: Pick<SessionRecord, 'id' | 'status'>): void {
  if (status !== 'terminated') return
  throw new PerdureError('invalid_request', `The session ${id} is terminated: it can be read, and not go on.`, {
    hint: 'Begin a new session; what was imported from a redacted archive cannot go on.',
    details: { session_id: id },
  })
}
