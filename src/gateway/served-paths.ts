import type { ServerResponse } from 'node:http'
import { apiErrorType, newRequestId } from './wire/api-error.ts'

const messagesPath = /^\/v1\/messages(\?|$)/
const servedPaths = [messagesPath, /^\/v1\/messages\/count_tokens(\?|$)/, /^\/v1\/models([/?]|$)/, /^\/api\/hello$/]

/** What agents ask for; nothing else of the service is reached through a gateway. */
export const isServed = (path: string): boolean => servedPaths.some((pattern) => pattern.test(path))

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
