import { once } from 'node:events'
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { PerdureError } from '../../../errors/perdure-error.ts'
import type { ModelUpstream, UpstreamRequest, UpstreamResponse } from '../../../ports/model-gateway.ts'
import { apiErrorResponse } from '../../wire/api-error.ts'
import { headersForAgent } from '../../wire/wire-headers.ts'
import { plainBody } from './plain-body.ts'

export type AnthropicCredentials = { readonly apiKey: string } | { readonly authToken: string }

export interface AnthropicUpstreamOptions {
  readonly credentials: AnthropicCredentials
  /** Any service that speaks the Messages API; its path, if it has one, comes before `/v1/`. */
  readonly baseUrl?: string
  /**
   * Variables that may name a proxy: `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, in capitals or not. Without
   * them, and to a service on this machine, the way is direct.
   */
  readonly environment?: Readonly<Record<string, string | undefined>>
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
  const proxyEnv = isLoopback(base.hostname) ? undefined : options.environment
  const agent = secure ? new HttpsAgent({ keepAlive: true, proxyEnv }) : new HttpAgent({ keepAlive: true, proxyEnv })
  const send = secure ? httpsRequest : httpRequest
  const prefix = base.pathname.replace(/\/$/, '')

  const ask = async (request: UpstreamRequest): Promise<IncomingMessage> => {
    const { method, path, headers, body, signal } = request
    const outgoing = send(new URL(base.origin + prefix + path), { method, agent, headers, signal })
    // An error after the answer began also reaches whoever reads its body.
    outgoing.on('error', () => {})
    // Nobody asked for another protocol. Node closes such a connection without a word to the one who waits.
    outgoing.on('upgrade', (_answer, socket) => {
      socket.destroy()
      outgoing.emit('error', new Error('The service switched to another protocol.'))
    })
    outgoing.end(body)
    try {
      const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
      return answer
    } catch (cause) {
      // The service closed a kept connection while the request was on its way. At the latest a new one tells more.
      if (outgoing.reusedSocket && codeOf(cause) === 'ECONNRESET') return ask(request)
      throw connectionFailed(base.host, cause)
    }
  }

  const handle = async (request: UpstreamRequest): Promise<UpstreamResponse> => {
    // Plain bytes: what the agent reads is what the gateway saw.
    const headers = { ...request.headers, ...credentials, 'accept-encoding': 'identity' }
    const answer = await ask({ ...request, headers })
    if (redirects.has(answer.statusCode ?? 0)) return redirectRefused(base, answer)
    const plain = plainBody(answer, { method: request.method, headers: headersForAgent(answer.headers) })
    return { status: answer.statusCode ?? 502, ...plain }
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

const redirects = new Set([301, 302, 303, 307, 308])

/** Followed by the agent it would lead past the gateway, followed here it could take the key elsewhere. */
function redirectRefused(base: URL, answer: IncomingMessage): UpstreamResponse {
  answer.resume()
  const location = answer.headers.location ?? ''
  const target = URL.canParse(location, base.href) ? new URL(location, base.href) : base
  const message = `The model’s service at ${base.host} redirects to ${target.origin}${target.pathname}; set the base URL to where it is.`
  return apiErrorResponse({ status: 400, message })
}

const isLoopback = (hostname: string): boolean => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)

function credentialHeaders(credentials: AnthropicCredentials): Record<string, string> {
  if ('apiKey' in credentials) return { 'x-api-key': credentials.apiKey }
  return { authorization: `Bearer ${credentials.authToken}` }
}

const codeOf = (cause: unknown): string | undefined =>
  cause instanceof Error && 'code' in cause ? String(cause.code) : undefined

function connectionFailed(host: string, cause: unknown): PerdureError {
  const reason = codeOf(cause) ?? 'the connection broke'
  return new PerdureError('connection_failed', `The model’s service at ${host} could not be reached: ${reason}.`, {
    cause,
  })
}
