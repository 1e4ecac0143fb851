import { once } from 'node:events'
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { PerdureError } from '../../../errors/perdure-error.ts'
import type { ModelUpstream, UpstreamRequest, UpstreamResponse } from '../../../ports/model-gateway.ts'
import { headersForAgent } from '../../wire/wire-headers.ts'

export type AnthropicCredentials = { readonly apiKey: string } | { readonly authToken: string }

export interface AnthropicUpstreamOptions {
  readonly credentials: AnthropicCredentials
  /** Any service that speaks the Messages API; its path, if it has one, comes before `/v1/`. */
  readonly baseUrl?: string
}

export const anthropicBaseUrl = 'https://api.anthropic.com'

/**
 * Passes requests to the Anthropic API. The credentials live in this closure and nowhere else.
 * @throws {PerdureError} `invalid_request` when `baseUrl` is not an http(s) URL.
 */
export function createAnthropicUpstream(options: AnthropicUpstreamOptions): ModelUpstream {
  const base = parseBaseUrl(options.baseUrl ?? anthropicBaseUrl)
  const credentials = credentialHeaders(options.credentials)
  const secure = base.protocol === 'https:'
  const agent = secure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true })
  const send = secure ? httpsRequest : httpRequest
  const prefix = base.pathname.replace(/\/$/, '')

  const handle = async (request: UpstreamRequest): Promise<UpstreamResponse> => {
    const { method, signal, body } = request
    // Plain bytes: what the agent reads is what the gateway saw.
    const headers = { ...request.headers, ...credentials, 'accept-encoding': 'identity' }
    const outgoing = send(new URL(base.origin + prefix + request.path), { method, agent, headers, signal })
    // An error after the answer began also reaches whoever reads its body.
    outgoing.on('error', () => {})
    outgoing.end(body)
    try {
      const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
      return { status: answer.statusCode ?? 502, headers: headersForAgent(answer.headers), body: answer }
    } catch (cause) {
      throw connectionFailed(base.host, cause)
    }
  }

  return { name: 'anthropic', handle, close: async () => agent.destroy() }
}

function parseBaseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new PerdureError('invalid_request', 'The base URL of the model’s service is not an http or https URL.')
  }
  return url
}

function credentialHeaders(credentials: AnthropicCredentials): Record<string, string> {
  if ('apiKey' in credentials) return { 'x-api-key': credentials.apiKey }
  return { authorization: `Bearer ${credentials.authToken}` }
}

function connectionFailed(host: string, cause: unknown): PerdureError {
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'the connection broke'
  return new PerdureError('connection_failed', `The model’s service at ${host} could not be reached: ${reason}.`, {
    cause,
  })
}
