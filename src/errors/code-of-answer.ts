import type { ErrorCode } from './codes.ts'

/** The `error.type` of the Messages API, where it says more than the status. */
const byType: Readonly<Record<string, ErrorCode>> = {
  overloaded_error: 'overloaded',
  rate_limit_error: 'rate_limited',
  billing_error: 'billing_error',
  timeout_error: 'stream_stalled',
}

const byStatus: Readonly<Record<number, ErrorCode>> = {
  401: 'authentication_failed',
  402: 'billing_error',
  403: 'permission_denied',
  404: 'model_not_found',
  413: 'request_too_large',
  429: 'rate_limited',
  504: 'stream_stalled',
  529: 'overloaded',
}

/** What an error answer of the model's service is called here. With it come its class, advice and exit code. */
export function codeOfAnswer(status: number, apiType: string | null): ErrorCode {
  const named = apiType === null ? undefined : byType[apiType]
  if (named !== undefined) return named
  const known = byStatus[status]
  if (known !== undefined) return known
  return status >= 500 || status === 408 || status === 409 ? 'server_error' : 'model_request_rejected'
}
