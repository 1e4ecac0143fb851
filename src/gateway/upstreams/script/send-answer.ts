import { setTimeout as sleep } from 'node:timers/promises'
import { PerdureError } from '../../../errors/perdure-error.ts'
import type { UpstreamResponse } from '../../../ports/model-gateway.ts'
import { apiErrorResponse, jsonResponse, newRequestId } from '../../wire/api-error.ts'
import { messageEvents, wholeMessage, type AnswerEvent, type AnswerMessage } from './answer-message.ts'
import type { ScriptError, ScriptErrorEvent, ScriptReply } from './script.ts'

export interface Sending {
  readonly reply: ScriptReply
  /** Ends what would wait for ever. */
  readonly signal: AbortSignal
}

/** Sends an answer as a stream of events, with the faults that the reply asks for. */
export function streamedAnswer(message: AnswerMessage, sending: Sending): UpstreamResponse {
  const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }
  return {
    status: 200,
    headers: { ...headers, 'request-id': newRequestId() },
    body: eventBytes(message, sending),
  }
}

async function* eventBytes(message: AnswerMessage, { reply, signal }: Sending): AsyncGenerator<Uint8Array> {
  const errorEvent = errorEventOf(reply)
  let sent = 0
  for (const event of [...messageEvents(message), undefined]) {
    if (sent === reply.cutAfterEvents)
      throw new PerdureError('connection_failed', 'The script cuts the connection here.')
    if (sent === reply.endEarlyAfterEvents) return
    if (sent === reply.stallAfterEvents) await untilAborted(signal)
    if (sent === errorEvent?.events) return yield eventText({ type: 'error', error: apiErrorOf(errorEvent) })
    if (event === undefined) return
    yield eventText(event)
    sent += 1
    if (reply.chunkDelayMs !== undefined) await sleep(reply.chunkDelayMs, undefined, { signal })
  }
}

/** The same answer in one piece; a fault of the stream becomes the nearest one that this form can have. */
export function wholeAnswer(message: AnswerMessage, sending: Sending): UpstreamResponse {
  const errorEvent = errorEventOf(sending.reply)
  if (errorEvent !== undefined) {
    const { type, message: text } = apiErrorOf(errorEvent)
    return apiErrorResponse({ status: type === 'overloaded_error' ? 529 : 500, message: text, options: { type } })
  }
  const answer = jsonResponse({
    status: 200,
    text: JSON.stringify(wholeMessage(message)),
    headers: { 'request-id': newRequestId() },
  })
  return { ...answer, body: withFaults(answer.body, sending) }
}

async function* withFaults(body: AsyncIterable<Uint8Array>, { reply, signal }: Sending): AsyncGenerator<Uint8Array> {
  if (reply.stallAfterEvents !== undefined) await untilAborted(signal)
  for await (const chunk of body) {
    if (reply.cutAfterEvents === undefined && reply.endEarlyAfterEvents === undefined) yield chunk
    else throw new PerdureError('connection_failed', 'The script cuts the connection here.')
  }
}

export function errorAnswer({ status, type, message, retryAfterSeconds, shouldRetry }: ScriptError): UpstreamResponse {
  const headers = {
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
    ...(shouldRetry === undefined ? {} : { 'x-should-retry': String(shouldRetry) }),
  }
  const options = type === undefined ? { headers } : { type, headers }
  return apiErrorResponse({
    status,
    message: message ?? defaultMessages[status] ?? 'The script answers with an error.',
    options,
  })
}

const defaultMessages: Readonly<Record<number, string>> = {
  401: 'invalid x-api-key',
  404: 'model not found',
  429: 'This request would exceed your account’s rate limit. Please try again later.',
  500: 'Internal server error',
  529: 'Overloaded',
}

const eventText = (event: AnswerEvent): Uint8Array =>
  Buffer.from(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)

function errorEventOf({ errorEventAfter }: ScriptReply): ScriptErrorEvent | undefined {
  return typeof errorEventAfter === 'number' ? { events: errorEventAfter } : errorEventAfter
}

const apiErrorOf = ({ type, message }: ScriptErrorEvent) => ({
  type: type ?? 'overloaded_error',
  message: message ?? 'Overloaded',
})

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => reject(new PerdureError('cancelled', 'The agent hung up.'))
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}
