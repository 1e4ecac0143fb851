import type { StoredError } from '../domain/stored-error.ts'
import { errorCodes, isErrorCode, type ErrorCode } from './codes.ts'

const marker = Symbol.for('perdure.error')

export interface PerdureErrorOptions {
  /** What to do now; the table's sentence when left out. */
  readonly hint?: string
  /** Facts for a program or a log. Never a secret. */
  readonly details?: Readonly<Record<string, unknown>>
  readonly cause?: unknown
}

/** The form in which an error is stored and sent. */
export interface ErrorRecord extends StoredError {
  readonly code: ErrorCode
}

/**
 * The one error class that Perdure throws. Match on `code`, never on the message.
 * Use {@link PerdureError.is} instead of `instanceof`: it also holds across two copies of the package.
 */
export class PerdureError extends Error {
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly hint: string
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message: string, options: PerdureErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'PerdureError'
    this.code = code
    this.retryable = errorCodes[code].retryable
    this.hint = options.hint ?? errorCodes[code].hint
    this.details = options.details ?? {}
    Object.defineProperty(this, marker, { value: true })
  }

  static is(value: unknown): value is PerdureError {
    return value instanceof Error && marker in value && 'code' in value && isErrorCode(value.code)
  }

  /** Any thrown value as a PerdureError; what is not one becomes `code` with the original as its cause. */
  static from(value: unknown, code: ErrorCode = 'internal_error'): PerdureError {
    if (PerdureError.is(value)) return value
    return new PerdureError(code, wordsOf(value), { cause: value })
  }

  toJSON(): ErrorRecord {
    const record = { code: this.code, message: this.message, retryable: this.retryable, hint: this.hint }
    return Object.keys(this.details).length === 0 ? record : { ...record, details: this.details }
  }
}

/** Anything can be thrown, also what has no words of its own. */
function wordsOf(value: unknown): string {
  if (value instanceof Error) return value.message
  try {
    return String(value)
  } catch {
    return 'Something was thrown that cannot be put in words.'
  }
}
