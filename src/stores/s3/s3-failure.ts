import { redact } from '../../domain/redaction.ts'
import { PerdureError } from '../../errors/perdure-error.ts'

/**
 * - `passing`: the service or the way to it is away or overloaded, or asks to be asked again.
 * - `exists`, `missing`, `noBucket`: what S3 says of an object and of its bucket.
 * - `damaged`: what came is not what was written.
 * - `failed`: nothing that waiting would mend.
 */
type FailureKind = 'passing' | 'exists' | 'missing' | 'noBucket' | 'damaged' | 'failed'

/** The bytes that were read are not those that were written. */
export class DamagedObject extends Error {}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const kindOfName: Readonly<Record<string, FailureKind>> = {
  PreconditionFailed: 'exists',
  NoSuchKey: 'missing',
  NotFound: 'missing',
  NoSuchBucket: 'noBucket',
  // Two conditional writes of one key at once: one of them is to be sent again.
  ConditionalRequestConflict: 'passing',
  OperationAborted: 'passing',
  RequestTimeout: 'passing',
  InternalError: 'passing',
  ServiceUnavailable: 'passing',
  TimeoutError: 'passing',
  SlowDown: 'passing',
  Throttling: 'passing',
  ThrottlingException: 'passing',
  TooManyRequestsException: 'passing',
  // What was sent was damaged on its way.
  BadDigest: 'passing',
  XAmzContentSHA256Mismatch: 'passing',
  XAmzContentChecksumMismatch: 'passing',
  IncompleteBody: 'passing',
}

const lostCodes = new Set([
  'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH',
  'ERR_STREAM_PREMATURE_CLOSE',
]) // prettier-ignore
/** Of connections that broke, and of the client about answers that it could not read to their end. */
const halfMessage = /socket hang up|aborted|parse error|timed out|deserialization error/i

export function failureKind(error: unknown): FailureKind {
  if (error instanceof DamagedObject) return 'damaged'
  if (PerdureError.is(error) || !(error instanceof Error)) return 'failed'
  const known = kindOfName[error.name]
  if (known !== undefined) return known
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (lostCodes.has(code) || halfMessage.test(error.message)) return 'passing'
  const status = statusOf(error)
  if (status === undefined) return 'failed'
  if (status === 412) return 'exists'
  // A success that cannot be read is one that did not come whole.
  if (status < 300 || status === 409 || status === 429) return 'passing'
  return status >= 500 && status !== 501 ? 'passing' : 'failed'
}

/** What the service or the way to it threw, in Perdure's terms. The original holds what was sent, and is not kept. */
export function s3Failure(error: unknown, place: string): PerdureError {
  if (PerdureError.is(error)) return error
  const kind = failureKind(error)
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) }
  const said = redact([name === 'Error' ? '' : name, message].filter(Boolean).join(': '))
  return new PerdureError('storage_failed', `${place} ${verbOf[kind]}: ${said}`, {
    hint: hintOf(error, kind),
    details: kind === 'passing' ? { place, is_unreachable: true } : { place },
  })
}

const verbOf: Readonly<Record<FailureKind, string>> = {
  passing: 'cannot be reached',
  exists: 'failed',
  missing: 'failed',
  noBucket: 'does not exist',
  damaged: 'gave what was not written',
  failed: 'failed',
}

function hintOf(error: unknown, kind: FailureKind): string {
  if (kind === 'noBucket') return 'Make the bucket, or correct its name.'
  if (kind === 'damaged') return 'The object was changed by somebody else, or the service lost a part of it.'
  if (kind === 'passing')
    return 'Check that the service runs and can be reached from here; nothing acknowledged was lost.'
  const name = error instanceof Error ? error.name : ''
  if (name === 'CredentialsProviderError')
    return 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile or role.'
  if (statusOf(error) === 403) return 'Check the keys and their rights: GetObject, PutObject, DeleteObject, ListBucket.'
  return 'Check the bucket, the region and the endpoint.'
}

function statusOf(error: unknown): number | undefined {
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } }
  return $metadata?.httpStatusCode
}
