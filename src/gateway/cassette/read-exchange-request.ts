import type { ModelRequestObserved } from '../../ports/model-observation.ts'
import type { UpstreamRequest } from '../../ports/model-gateway.ts'
import { classifyRequest } from '../observation/classify-request.ts'
import { parseJson, readMessageRequest } from '../wire/message-request.ts'
import { sha256Of } from './canonical-json.ts'
import type { Places } from './normalise/places.ts'
import { normaliseRequest, type NormalisedRequest, type UserRule } from './normalise/normalise-request.ts'

export interface ExchangeRequest extends NormalisedRequest {
  /** Method and path. */
  readonly line: string
  /** Matches this very request: `line` and the normalised body. */
  readonly key: string
  readonly kind: ModelRequestObserved['kind']
  readonly model: string
  readonly agent: string | null
  readonly sessionId: string
  /** Of a sub-agent. */
  readonly agentId: string | null
  readonly hasBody: boolean
}

export interface ReadOptions {
  readonly places: Places
  readonly rules?: readonly UserRule[] | undefined
}

/** What a cassette keeps of a request, and goes by to find it again. */
export function readExchangeRequest(request: UpstreamRequest, options: ReadOptions): ExchangeRequest {
  const { headers, body } = request
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')
  const json = text === '' ? null : (parseJson(text) ?? text)
  const sessionId = headers['x-claude-code-session-id'] ?? ''
  const normalised = normaliseRequest(json, { ...options, sessionId })
  const line = requestLine(request)
  const view = readMessageRequest(json)
  return {
    ...normalised,
    line,
    key: keyOf(line, normalised.key),
    kind: line === 'POST /v1/messages' ? classifyRequest(view) : 'side',
    model: view.model,
    agent: headers['user-agent'] ?? null,
    sessionId,
    agentId: headers['x-claude-code-agent-id'] ?? null,
    hasBody: json !== null,
  }
}

export const keyOf = (line: string, bodyKey: string): string => sha256Of(`${line}\n${bodyKey}`)

/** `beta=true` is a habit of the client, not a part of the question. */
function requestLine({ method, path }: UpstreamRequest): string {
  const url = new URL(path, 'http://gateway')
  url.searchParams.delete('beta')
  return `${method} ${url.pathname}${url.search}`
}
