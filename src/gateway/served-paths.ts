import type { IncomingMessage, ServerResponse } from 'node:http'
import { apiErrorType, newRequestId } from './wire/api-error.ts'

const messagesPath = /^\/v1\/messages(\?|$)/
/** Nothing encoded that a server on the way might take for a dot, a slash or another sign. */
const modelPath = /^\/v1\/models(\/([^/?%]|%(?!0|1|2[5ef]|5c)[0-9a-f]{2})+)?(\?|$)/i
const served: readonly (readonly [methods: RegExp, path: RegExp])[] = [
  [/^POST$/, messagesPath],
  [/^POST$/, /^\/v1\/messages\/count_tokens(\?|$)/],
  [/^(GET|HEAD)$/, modelPath],
  [/^(GET|HEAD)$/, /^\/api\/hello$/],
]

/** What agents ask for; nothing else of the service is reached through a gateway, and nothing that is not metered. */
export const isServed = (method: string | undefined, path: string): boolean =>
  served.some(([methods, pattern]) => methods.test(method ?? '') && pattern.test(path))

export const notServed = ({ method }: IncomingMessage, path: string): string =>
  `The model gateway does not serve ${method} ${path.split('?')[0]}.`

export const isModelRequest = (method: string | undefined, path: string): boolean =>
  method === 'POST' && messagesPath.test(path)

/** Without `..` in any spelling: the upstream would resolve it, and what is served is decided here. */
export function resolvePath(path: string): string {
  const { pathname, search } = new URL(`http://gateway${path}`)
  return pathname + search
}

export interface Refusal {
  readonly status: 401 | 403 | 404 | 503
  readonly message: string
}

/** Whoever is refused is not to ask again: the agent would try for minutes. */
export function refuse(outgoing: ServerResponse, { status, message }: Refusal): void {
  const requestId = newRequestId()
  const headers = { 'content-type': 'application/json', 'request-id': requestId, 'x-should-retry': 'false' }
  outgoing.writeHead(status, { ...headers, connection: 'close' })
  outgoing.end(JSON.stringify({ type: 'error', error: { type: apiErrorType(status), message }, request_id: requestId }))
}
