import type { UpstreamResponse } from '../../../ports/model-gateway.ts'
import { apiErrorResponse, apiErrorType } from '../../wire/api-error.ts'
import { asRecord, readString } from '../../wire/message-request.ts'

/** A failed answer as the official clients throw it. They come with copies of the class, so it is known by its shape. */
export interface StatusError extends Error {
  readonly status: number
  readonly headers: Headers
  /** The body, if it was JSON. */
  readonly error: unknown
}

export const isStatusError = (cause: unknown): cause is StatusError =>
  cause instanceof Error &&
  'status' in cause &&
  typeof cause.status === 'number' &&
  'headers' in cause &&
  cause.headers instanceof Headers

/** A platform's refusal in the words of the Messages API, with its own status. */
export function platformErrorResponse(failure: StatusError): UpstreamResponse {
  const { status, headers, error } = failure
  if (status < 400) {
    const message = 'The model’s service redirects elsewhere; set the base URL to where it is.'
    return apiErrorResponse({ status: 400, message, options: { headers: { 'x-should-retry': 'false' } } })
  }
  const told = Array.isArray(error) ? asRecord(error[0]) : asRecord(error)
  const inner = asRecord(told['error'])
  const message = readString(inner['message']) ?? readString(told['message']) ?? readString(told['Message'])
  const type = told['type'] === 'error' ? readString(inner['type']) : undefined
  return apiErrorResponse({
    status,
    message: message ?? (failure.message || `The model’s service answered with status ${status}.`),
    options: { type: type ?? apiErrorType(status), headers: headersOfError(headers) },
  })
}

/** The platforms name the request each in a header of their own. */
export const requestIdOf = (headers: Headers): string | null =>
  headers.get('request-id') ?? headers.get('x-amzn-requestid') ?? headers.get('apim-request-id')

function headersOfError(headers: Headers): Record<string, string> {
  const requestId = requestIdOf(headers)
  const kept = ['retry-after', 'retry-after-ms', 'x-should-retry'].flatMap((name) => {
    const value = headers.get(name)
    return value === null ? [] : [[name, value] as const]
  })
  return { ...Object.fromEntries(kept), ...(requestId === null ? {} : { 'request-id': requestId }) }
}
