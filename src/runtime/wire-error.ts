import type { DraftOfType } from '../domain/session-event.ts'
import type { ErrorCode } from '../errors/codes.ts'
import type { ErrorRecord } from '../errors/perdure-error.ts'

export type WireError = DraftOfType<'session.error'>['error']

/** `retrying`: it will be tried again. `exhausted`: it was tried enough, the session is idle. `terminal`: no further turn can help. */
export type RetryStatus = 'retrying' | 'exhausted' | 'terminal'

const typeByCode: Partial<Record<ErrorCode, WireError['type']>> = {
  overloaded: 'model_overloaded_error',
  rate_limited: 'model_rate_limited_error',
  billing_error: 'billing_error',
  server_error: 'model_request_failed_error',
  connection_failed: 'model_request_failed_error',
  stream_stalled: 'model_request_failed_error',
  model_request_rejected: 'model_request_failed_error',
  model_not_found: 'model_request_failed_error',
  authentication_failed: 'model_request_failed_error',
  permission_denied: 'model_request_failed_error',
  request_too_large: 'model_request_failed_error',
  prompt_too_long: 'model_request_failed_error',
}

/** An error of ours in the words of the Managed Agents API; what it has no word for is `unknown_error`. */
export function wireErrorOf(error: ErrorRecord, retryStatus: RetryStatus): WireError {
  return {
    type: typeByCode[error.code] ?? 'unknown_error',
    message: error.message,
    retry_status: { type: retryStatus },
  } as WireError
}
