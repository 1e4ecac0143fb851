import { PerdureError } from '../../../errors/perdure-error.ts'
import type { ModelUpstream, UpstreamRequest, UpstreamResponse } from '../../../ports/model-gateway.ts'
import { apiErrorResponse } from '../../wire/api-error.ts'
import { asRecord, parseJson, readString } from '../../wire/message-request.ts'
import { isStatusError, platformErrorResponse, requestIdOf } from './platform-error.ts'
import { sideAnswer } from './side-answers.ts'

/** What all official clients have: it signs a request, rewrites it for its platform, and gives the answer as it came. */
export interface PlatformClient {
  readonly baseURL: string
  post(path: string, options: PlatformCall): { asResponse(): Promise<Response> }
}

export interface PlatformCall {
  readonly body: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  readonly maxRetries: 0
  readonly timeout: number
  readonly fetchOptions: { readonly redirect: 'manual' }
}

/** A request as the agent made it, read so far that a platform can say it in its own way. */
export interface PlatformRequest {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, unknown>>
}

export interface Platform<Client extends PlatformClient> {
  readonly name: string
  readonly betas: 'all' | 'stable'
  /** Loads the package of the client; what it gives makes one. */
  readonly load: () => Promise<() => Client>
  /** Model ids of the platform, by the id that agents ask for; they come before the platform's rule. */
  readonly modelMap: Readonly<Record<string, string>>
  readonly modelRule: (model: string) => string
  /** The request as the platform takes it, `model` already being the platform's own name. */
  readonly translate: (request: PlatformRequest) => PlatformRequest
  /** Where counting tokens is not the Messages API's own path. */
  readonly countTokens?: (request: PlatformRequest, send: SendPlatformCall) => Promise<UpstreamResponse>
  readonly translateStream?: (body: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>
}

export type SendPlatformCall = (request: PlatformRequest) => Promise<Response>

/** An upstream that can be asked beforehand whether it will work. */
export interface PlatformUpstream extends ModelUpstream {
  /**
   * Loads the package of the platform's client now instead of with the first request.
   * @throws {PerdureError} `upstream_package_missing`.
   */
  load(): Promise<void>
}

const callOptions = {
  maxRetries: 0,
  // As long as the longest answer may take to begin; silence is for whoever stands before the upstream to judge.
  timeout: 60 * 60_000,
  // Followed, a redirect could take the key elsewhere.
  fetchOptions: { redirect: 'manual' },
} as const

/** An upstream that reaches a platform with the platform's official client. Its own retries stay off. */
export function createPlatformUpstream<Client extends PlatformClient>(platform: Platform<Client>): PlatformUpstream {
  let connecting: Promise<Client> | undefined
  const connect = (): Promise<Client> => (connecting ??= platform.load().then((create) => create()))

  const handle = async (request: UpstreamRequest): Promise<UpstreamResponse> => {
    const pathname = request.path.split('?')[0]!
    if (request.method !== 'POST' || !/^\/v1\/messages(\/count_tokens)?$/.test(pathname)) {
      return sideAnswer(request.method, pathname, Object.keys(platform.modelMap))
    }
    const body = parseJson(Buffer.from(request.body).toString('utf8'))
    const model = readString(asRecord(body)['model'])
    if (model === undefined) return apiErrorResponse({ status: 400, message: 'model: Field required' })
    const named = {
      path: request.path,
      headers: travelling(request.headers),
      body: { ...asRecord(body), model: nameOf(platform, model) },
    }
    try {
      const client = await connect()
      const send: SendPlatformCall = ({ path, headers, body }) =>
        client.post(path, { headers, body, signal: request.signal, ...callOptions }).asResponse()
      if (pathname.endsWith('/count_tokens') && platform.countTokens !== undefined) {
        return await platform.countTokens(named, send)
      }
      return answerOf(await send(platform.translate(named)), platform.translateStream)
    } catch (cause) {
      // A client that found no credentials, or was never made, is not asked again: the next request gets a new one.
      if (isCredentialFailure(cause) || !(isStatusError(cause) || isConnectionError(cause))) connecting = undefined
      return answerOfFailure(cause)
    }
  }

  return {
    name: platform.name,
    betas: platform.betas,
    billedAs: (model) => nameOf(platform, model),
    handle,
    async load() {
      await platform.load()
    },
  }
}

function nameOf({ modelMap, modelRule }: Pick<Platform<PlatformClient>, 'modelMap' | 'modelRule'>, model: string) {
  return Object.hasOwn(modelMap, model) ? modelMap[model]! : modelRule(model)
}

/** The agent's headers without those by which its own client tells about itself: the platform's client has its own. */
const travelling = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).filter(([name]) => !name.startsWith('x-stainless-') && name !== 'content-type'),
  )

/** Headers that speak of bytes on the wire, which the client has unpacked. */
const wireOnly = new Set(['content-encoding', 'content-length', 'transfer-encoding', 'connection', 'keep-alive'])

function answerOf(answer: Response, translateStream: Platform<PlatformClient>['translateStream']): UpstreamResponse {
  const headers = Object.fromEntries([...answer.headers].filter(([name]) => !wireOnly.has(name)))
  const requestId = requestIdOf(answer.headers)
  const isStream = (headers['content-type'] ?? '').startsWith('text/event-stream')
  const body = answer.body ?? noBytes()
  return {
    status: answer.status,
    headers: { ...headers, ...(requestId === null ? {} : { 'request-id': requestId }) },
    body: isStream && translateStream !== undefined ? translateStream(body) : body,
  }
}

async function* noBytes(): AsyncGenerator<Uint8Array> {}

function answerOfFailure(cause: unknown): UpstreamResponse {
  if (isStatusError(cause)) return platformErrorResponse(cause)
  if (isCredentialFailure(cause)) {
    return apiErrorResponse({ status: 401, message: withReason(cause) })
  }
  if (isConnectionError(cause)) {
    throw new PerdureError('connection_failed', `The model’s service could not be reached: ${reasonOf(cause)}.`, {
      cause,
    })
  }
  return neverRight(messageOf(cause))
}

/** Asked again, it would fail again; the agent must not try for minutes. */
const neverRight = (message: string): UpstreamResponse =>
  apiErrorResponse({ status: 400, message, options: { headers: { 'x-should-retry': 'false' } } })

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

const withReason = (cause: unknown): string =>
  cause instanceof Error && cause.cause instanceof Error ? `${cause.message} ${cause.cause.message}` : messageOf(cause)

/** So the clients of Bedrock, Vertex and Foundry say that there are no credentials, or none that work. */
const isCredentialFailure = (cause: unknown): boolean => /^Failed to (resolve|acquire|get token)/.test(messageOf(cause))

const isConnectionError = (cause: unknown): boolean =>
  cause instanceof Error && /^API(Connection|UserAbort)/.test(cause.constructor.name)

function reasonOf(cause: unknown): string {
  let inner: unknown = cause
  for (let depth = 0; depth < 5 && inner instanceof Error; depth++) {
    if ('code' in inner && typeof inner.code === 'string') return inner.code
    inner = inner.cause
  }
  return 'the connection broke'
}
