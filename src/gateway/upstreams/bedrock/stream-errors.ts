import { asRecord, parseJson, readString } from '../../wire/message-request.ts'

/** Bedrock’s exceptions within a stream by the error types of the Messages API, which agents act on. */
const errorTypes: Readonly<Record<string, string>> = {
  throttlingException: 'rate_limit_error',
  serviceUnavailableException: 'overloaded_error',
  modelTimeoutException: 'timeout_error',
  validationException: 'invalid_request_error',
}

const prefix = 'event: error\ndata: '

/** The client gives each event as one chunk; those that tell of an exception are said in the API’s words. */
export async function* translateStreamErrors(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    yield startsWith(chunk) ? translate(Buffer.from(chunk).toString('utf8')) : chunk
  }
}

const startsWith = (chunk: Uint8Array): boolean =>
  chunk[7] === prefix.charCodeAt(7) && Buffer.from(chunk.subarray(0, prefix.length)).toString('latin1') === prefix

function translate(text: string): Uint8Array {
  const error = asRecord(asRecord(parseJson(text.slice(prefix.length)))['error'])
  const name = readString(error['type']) ?? ''
  const type = name.endsWith('_error') ? name : Object.hasOwn(errorTypes, name) ? errorTypes[name]! : 'api_error'
  const message = readString(error['message']) || name
  return Buffer.from(`${prefix}${JSON.stringify({ type: 'error', error: { type, message } })}\n\n`)
}
