import type { UpstreamResponse } from '../../ports/model-gateway.ts'
import { apiErrorResponse, readApiError } from '../wire/api-error.ts'
import { parseJson } from '../wire/message-request.ts'
import type { BegunAnswer } from './begun-answer.ts'

/** The status that says the same as an error event. */
const statusOf: Readonly<Record<string, number>> = { overloaded_error: 529, rate_limit_error: 429, api_error: 500 }

const errorEvent = /^event: ?error\r?\ndata: ?(.+?)\r?\n/
/** Longer than an error event. */
const longestErrorBytes = 64 * 1024

/**
 * The error answer that one with a 200 stands for, whose first event, or all of it, is an error: the service took
 * the request and then refused it. Undefined for every other answer.
 */
export function refusedInStream({ answer, start }: BegunAnswer): UpstreamResponse | undefined {
  const data = isStream(answer) ? errorEvent.exec(textOf(start))?.[1] : isDocument(answer) ? textOf(start) : undefined
  const error = data === undefined ? undefined : readApiError(parseJson(data))
  const status = error && statusOf[error.type]
  if (status === undefined) return undefined
  const requestId = answer.headers['request-id']
  const headers = requestId === undefined ? {} : { 'request-id': requestId }
  return apiErrorResponse({ status, message: error!.message, options: { headers } })
}

/** Whether these first bytes of a stream may become an error event, and are none yet. */
export function isBegunError(start: Uint8Array, answer: UpstreamResponse): boolean {
  if (!isStream(answer) || start.length > longestErrorBytes) return false
  const text = textOf(start)
  return 'event: error'.startsWith(text) || (/^event: ?error(\r?\n|\r?$)/.test(text) && !errorEvent.test(text))
}

const isDocument = ({ status, headers }: UpstreamResponse): boolean =>
  status === 200 && headers['content-type']?.startsWith('application/json') === true

const isStream = ({ headers }: UpstreamResponse): boolean =>
  headers['content-type']?.startsWith('text/event-stream') === true

const textOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
