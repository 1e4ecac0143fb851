import { once } from 'node:events'
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import { rememberSecret } from '../../../domain/known-secrets.ts'
import { PerdureError } from '../../../errors/perdure-error.ts'
import type { ModelUpstream, UpstreamRequest, UpstreamResponse } from '../../../ports/model-gateway.ts'
import {
  fixedCredential,
  secretOf,
  type Credential,
  type CredentialSource,
} from '../../credentials/credential-source.ts'
import { apiErrorResponse } from '../../wire/api-error.ts'
import { isStreamed } from '../../traffic/request-facts.ts'
import { isLoopback, parseBaseUrl } from '../../wire/base-url.ts'
import { headersForAgent } from '../../wire/wire-headers.ts'
import { TunnellingAgent } from './tunnelling-agent.ts'
import { plainBody, withStreamType } from './plain-body.ts'

export interface AnthropicUpstreamOptions {
  /** Asked for every request, so a new key needs no restart. */
  readonly credentials: Credential | CredentialSource
  /** Any service that speaks the Messages API; its path, if it has one, comes before `/v1/`. */
  readonly baseUrl?: string
  /** Lets `baseUrl` be plain http on another machine, where whoever is on the way can read the key. Default: false. */
  readonly allowInsecure?: boolean
  /**
   * Variables that may name a proxy: `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, in capitals or not. Without
   * them, and to a service on this machine, the way is direct.
   */
  readonly environment?: Readonly<Record<string, string | undefined>>
}

export const anthropicBaseUrl = 'https://api.anthropic.com'

/**
 * Passes requests to the Anthropic API. The credentials live in their source, and on the way to the service. When it
 * refuses them and the source has others by now, the request is made once more.
 * @throws {PerdureError} `invalid_request` when `baseUrl` is not an http(s) URL, or plain http to another machine.
 */
export function createAnthropicUpstream(options: AnthropicUpstreamOptions): ModelUpstream {
  const base = parseBaseUrl(options.baseUrl ?? anthropicBaseUrl, options)
  const source = 'read' in options.credentials ? options.credentials : fixedCredential(options.credentials)
  const secure = base.protocol === 'https:'
  const proxyEnv = isLoopback(base.hostname) ? undefined : options.environment
  const Agent = !secure ? HttpAgent : isProxied(proxyEnv) ? TunnellingAgent : HttpsAgent
  const agent = new Agent({ keepAlive: true, proxyEnv })
  const send = secure ? httpsRequest : httpRequest
  if (proxyEnv !== undefined) rememberProxyLogins(proxyEnv)
  const prefix = base.pathname.replace(/\/$/, '')

  const ask = async (request: UpstreamRequest): Promise<IncomingMessage> => {
    const { method, path, headers, body, signal, notify, isPaidOnce = false } = request
    const outgoing = send(new URL(base.origin + prefix + path), { method, agent, headers, signal })
    // An error after the answer began also reaches whoever reads its body.
    outgoing.on('error', () => {})
    outgoing.once('socket', hearErrors)
    // Nobody asked for another protocol. Node closes such a connection without a word to the one who waits.
    outgoing.on('upgrade', (_answer, socket) => {
      socket.destroy()
      outgoing.emit('error', new Error('The service switched to another protocol.'))
    })
    // A gateway in between that holds the request back says so by an informational answer.
    outgoing.on('information', () => notify?.({ type: 'waiting', reason: 'rate_limit', delayMs: null }))
    outgoing.end(body)
    try {
      const [answer] = (await once(outgoing, 'response', { signal })) as [IncomingMessage]
      return answer
    } catch (cause) {
      // The service closed a kept connection, most likely before it had the request. At the latest a new one tells more.
      if (!isPaidOnce && outgoing.reusedSocket && codeOf(cause) === 'ECONNRESET') return ask(request)
      throw connectionFailed(base.host, cause)
    }
  }

  const handle = async (request: UpstreamRequest): Promise<UpstreamResponse> => {
    // Plain bytes: what the agent reads is what the gateway saw.
    const askWith = (credential: Credential): Promise<IncomingMessage> => {
      rememberSecret(secretOf(credential))
      const headers = { ...request.headers, ...credentialHeaders(credential), 'accept-encoding': 'identity' }
      return ask({ ...request, headers })
    }
    const credential = await source.read().catch(refusalOf)
    if ('status' in credential) return credential
    const first = await askWith(credential)
    const newer = first.statusCode === 401 ? await newerThan(credential, source) : undefined
    if (newer !== undefined) first.resume()
    const answer = newer === undefined ? first : await askWith(newer)
    if (redirects.has(answer.statusCode ?? 0)) return redirectRefused(base, answer)
    const status = answer.statusCode ?? 502
    const isStreamAsked = (): boolean => request.method === 'POST' && isStreamed(request.body)
    const headers = withStreamType(headersForAgent(answer.headers), { status, isStreamAsked })
    return { status, ...plainBody(answer, { method: request.method, headers }) }
  }

  return { name: 'anthropic', handle, close: async () => agent.destroy() }
}

const isProxied = (environment: AnthropicUpstreamOptions['environment'] = {}): boolean =>
  Boolean(environment['https_proxy'] ?? environment['HTTPS_PROXY'])

/** A proxy is told its login in the head of each request, and some repeat what they refuse. */
function rememberProxyLogins(environment: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value = ''] of Object.entries(environment)) {
    if (!/^https?_proxy$/i.test(name) || !URL.canParse(value)) continue
    const login = [new URL(value).username, new URL(value).password].map(decodeURIComponent)
    if (login[1] === '') continue
    rememberSecret(login[1]!)
    rememberSecret(login.join(':'))
  }
}

const heard = new WeakSet<Socket>()

/** A request that is given up just when its answer ends breaks a connection that nobody listens to any more. */
function hearErrors(socket: Socket): void {
  if (heard.has(socket)) return
  heard.add(socket)
  socket.on('error', () => {})
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

/** What the source gives now, if that is not what was refused. */
async function newerThan(refused: Credential, source: CredentialSource): Promise<Credential | undefined> {
  source.refused?.(refused)
  try {
    const newer = await source.read()
    return secretOf(newer) === secretOf(refused) ? undefined : newer
  } catch {
    // The refusal says more than why there is nothing better.
    return undefined
  }
}

/** Where asking again cannot help, the agent is told so; a source that just does not answer breaks the request. */
function refusalOf(error: unknown): UpstreamResponse {
  if (!PerdureError.is(error) || error.retryable) throw error
  return apiErrorResponse({ status: 401, message: error.message })
}

function credentialHeaders(credentials: Credential): Record<string, string> {
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
