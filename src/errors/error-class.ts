import { errorCodes, isErrorCode, type ErrorCode } from './codes.ts'

/**
 * What can be done about a failure. `retriable`: the same call may succeed later. `user`: the caller has to
 * change something first: an option, the prompt, a limit, the credentials. `terminal`: neither helps.
 */
export type ErrorClass = 'retriable' | 'terminal' | 'user'

/** Beside wrong usage, which the exit code 2 tells. */
const byCaller: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'credentials_missing',
  'authentication_failed',
  'permission_denied',
  'billing_error',
  'request_too_large',
  'prompt_too_long',
  'model_request_rejected',
  'max_turns_reached',
  'structured_output_invalid',
  'model_refused',
  'budget_reached',
  'script_no_match',
])

/**
 * The class of a code. What to do now stands beside it, as the `hint` of its {@link errorCodes} entry. A code that
 * only a newer version knows is `terminal`.
 */
export function errorClassOf(code: string): ErrorClass {
  if (!isErrorCode(code)) return 'terminal'
  const { retryable, exitCode } = errorCodes[code]
  if (retryable) return 'retriable'
  return exitCode === 2 || byCaller.has(code) ? 'user' : 'terminal'
}
