import type { UpstreamResponse } from '../../ports/model-gateway.ts'
import { apiErrorResponse, readApiError } from '../wire/api-error.ts'
import { parseJson } from '../wire/message-request.ts'
import type { BegunAnswer } from './begun-answer.ts'

/** The status that says the same as an error event. */
const statusOf: Readonly<Record<string, number>> = { overloaded_error: 529, rate_limit_error: 429, api_error: 500 }

/**
 * The error answer that a stream stands for whose first event is an error: the service took the request with a
 * 200, and then refused it. Undefined for every other answer.
 */
export function refusedInStream({ answer, start }: BegunAnswer): UpstreamResponse | undefined {
  if (!answer.headers['content-type']?.startsWith('text/event-stream')) return undefined
  const text = Buffer.from(start.buffer, start.byteOffset, start.byteLength).toString('utf8')
  const data = /^event: ?error\r?\ndata: ?(.+?)\r?\n/.exec(text)?.[1]
  const error = data === undefined ? undefined : readApiError(parseJson(data))
  const status = error && statusOf[error.type]
  if (status === undefined) return undefined
  const requestId = answer.headers['request-id']
  const headers = requestId === undefined ? {} : { 'request-id': requestId }
  return apiErrorResponse({ status, message: error!.message, options: { headers } })
}
