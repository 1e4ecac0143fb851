import { newIdBody } from '../../domain/ids.ts'
import type { UpstreamResponse } from '../../ports/model-gateway.ts'

/** The `error.type` that the Messages API gives with each status. */
const errorTypes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  408: 'timeout_error',
  409: 'conflict_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
  504: 'timeout_error',
  529: 'overloaded_error',
}

export const apiErrorType = (status: number): string =>
  errorTypes[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error')

export const newRequestId = (): string => `req_${newIdBody()}`

export interface ApiErrorOptions {
  /** The API's type of `status` when left out. */
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface ApiError {
  readonly status: number
  readonly message: string
  readonly options?: ApiErrorOptions
}

/** An error answer in the shape of the Messages API. */
export function apiErrorResponse({ status, message, options = {} }: ApiError): UpstreamResponse {
  const requestId = newRequestId()
  const type = options.type ?? apiErrorType(status)
  const text = JSON.stringify({ type: 'error', error: { type, message }, request_id: requestId })
  return jsonResponse({ status, text, headers: { 'request-id': requestId, ...options.headers } })
}

export interface JsonAnswer {
  readonly status: number
  readonly text: string
  readonly headers?: Readonly<Record<string, string>>
}

export function jsonResponse({ status, text, headers = {} }: JsonAnswer): UpstreamResponse {
  const bytes = Buffer.from(text)
  return {
    status,
    headers: { 'content-type': 'application/json', 'content-length': String(bytes.length), ...headers },
    body: onlyChunk(bytes),
  }
}

async function* onlyChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** Type and message of an error body or an `error` event, as far as they can be read. */
export function readApiError(body: unknown): { type: string; message: string } | undefined {
  const error = body !== null && typeof body === 'object' && 'error' in body ? body.error : undefined
  if (error === null || typeof error !== 'object') return undefined
  const { type, message } = error as { type?: unknown; message?: unknown }
  return {
    type: typeof type === 'string' ? type : 'api_error',
    message: typeof message === 'string' ? message : '',
  }
}
