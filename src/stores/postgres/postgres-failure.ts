import { redact } from '../../domain/redaction.ts'
import { PerdureError } from '../../errors/perdure-error.ts'

/**
 * - `contention`: another transaction was in the way; the same may succeed at once.
 * - `unreachable`: the server is away, restarts, or is not (any more) the one that takes writes.
 * - `busy`: it took too long.
 * - `failed`: nothing that waiting would mend.
 */
export type FailureKind = 'contention' | 'unreachable' | 'busy' | 'failed'

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const kindOfState: Readonly<Record<string, FailureKind>> = {
  '40001': 'contention', // serialization_failure
  '40P01': 'contention', // deadlock_detected
  '25006': 'unreachable', // read_only_sql_transaction: a standby, until it is promoted
  '25P03': 'unreachable', // idle_in_transaction_session_timeout
  '53300': 'unreachable', // too_many_connections
  '57P01': 'unreachable', // admin_shutdown
  '57P02': 'unreachable', // crash_shutdown
  '57P03': 'unreachable', // cannot_connect_now
  '55P03': 'busy', // lock_not_available
  '57014': 'busy', // query_canceled, by the statement timeout
}

/** Codes of the operating system; `pg` itself has only messages. */
const lostCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH'])
const lostMessage = /connection (terminated|error|timeout)|timeout exceeded when trying to connect|not queryable/i

export function failureKind(error: unknown): FailureKind {
  if (PerdureError.is(error) || !(error instanceof Error)) return 'failed'
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  // Class 08: connection exceptions.
  if (lostCodes.has(code) || code === 'ENOENT' || /^08...$/.test(code)) return 'unreachable'
  if (code === '' && lostMessage.test(error.message)) return 'unreachable'
  return kindOfState[code] ?? 'failed'
}

/** What the server or the connection threw, in Perdure's terms. */
export function storageFailure(error: unknown, place: string): PerdureError {
  if (PerdureError.is(error)) return error
  const kind = failureKind(error)
  const message = redact(error instanceof Error && error.message !== '' ? error.message : String(error))
  const code = kind === 'busy' || kind === 'contention' ? 'storage_busy' : 'storage_failed'
  return new PerdureError(code, `the database ${place} ${verbOf[kind]}: ${message}`, {
    cause: error,
    details: kind === 'unreachable' ? { place, is_unreachable: true } : { place },
    hint: hintOf[kind],
  })
}

const verbOf: Readonly<Record<FailureKind, string>> = {
  contention: 'has too many writers of the same rows',
  unreachable: 'cannot be reached',
  busy: 'took too long',
  failed: 'failed',
}

const hintOf: Readonly<Record<FailureKind, string>> = {
  contention: 'Others write the same; try again.',
  unreachable: 'Check that the server runs and can be reached from here; nothing acknowledged was lost.',
  busy: 'Another transaction holds what is needed, or the server is overloaded; try again.',
  failed:
    'Check the URL of the database, the rights of its user and the log of the server; nothing acknowledged was lost.',
}
