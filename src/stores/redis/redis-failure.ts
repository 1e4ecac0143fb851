import { redact } from '../../domain/redaction.ts'
import { PerdureError } from '../../errors/perdure-error.ts'

/**
 * - `unreachable`: the server is away, loads its data, or is not (any more) the one that takes writes.
 * - `busy`: it is about a script of somebody else's.
 * - `full`: it has no memory left for what is to be kept.
 * - `failed`: nothing that waiting would mend.
 */
type FailureKind = 'unreachable' | 'busy' | 'full' | 'failed'

/** The first word of an error that the server replies. */
const kindOfReply: Readonly<Record<string, FailureKind>> = {
  LOADING: 'unreachable',
  MASTERDOWN: 'unreachable',
  CLUSTERDOWN: 'unreachable',
  READONLY: 'unreachable',
  NOREPLICAS: 'unreachable',
  TRYAGAIN: 'unreachable',
  BUSY: 'busy',
  OOM: 'full',
}

const lostCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH'])
/** Of the two packages, which have classes without codes, and messages. */
const lostNames =
  /^(SocketClosedUnexpectedly|ClientOffline|ClientClosed|ConnectionTimeout|SocketTimeout|DisconnectsClient|MaxRetriesPerRequest|NoAnswer)/
const lostMessage = /connection is closed|stream isn't writeable|command timed out|reached the max retries/i

/** The server, or the way to it, did not answer in time. */
export class NoAnswerError extends Error {}

export function failureKind(error: unknown): FailureKind {
  if (PerdureError.is(error) || !(error instanceof Error)) return 'failed'
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (lostCodes.has(code) || lostNames.test(error.constructor.name) || lostNames.test(error.name)) return 'unreachable'
  if (lostMessage.test(error.message)) return 'unreachable'
  return kindOfReply[error.message.split(' ', 1)[0]!] ?? 'failed'
}

export const isUnknownScript = (error: unknown): boolean =>
  error instanceof Error && error.message.startsWith('NOSCRIPT')

/** What the server or the connection threw, in Perdure's terms. */
export function storageFailure(error: unknown, place: string): PerdureError {
  if (PerdureError.is(error)) return error
  const kind = failureKind(error)
  const message = redact(error instanceof Error && error.message !== '' ? error.message : String(error))
  return new PerdureError(
    kind === 'busy' ? 'storage_busy' : 'storage_failed',
    `redis ${place} ${verbOf[kind]}: ${message}`,
    {
      cause: error,
      details: kind === 'unreachable' ? { place, is_unreachable: true } : { place },
      hint: hintOf[kind],
    },
  )
}

const verbOf: Readonly<Record<FailureKind, string>> = {
  unreachable: 'cannot be reached',
  busy: 'is busy',
  full: 'has no memory left',
  failed: 'failed',
}

const hintOf: Readonly<Record<FailureKind, string>> = {
  unreachable: 'Check that the server runs and can be reached from here.',
  busy: 'A script of another client holds the server; try again.',
  full: 'Delete sessions, or raise maxmemory; with the policy noeviction nothing acknowledged was lost.',
  failed: 'Check the URL, the rights of its user and the log of the server.',
}
