import type { UpstreamRequest } from '../../ports/model-gateway.ts'
import { parsedBody } from '../wire/parsed-body.ts'

/** A request that a model answers, as against those about models. */
export const isModelRequest = ({ method, path }: UpstreamRequest): boolean =>
  method === 'POST' && /^\/v1\/messages(\?|$)/.test(path)

/** The model asked; empty where none can be read. */
export function modelOf(body: Uint8Array): string {
  const bytes = bufferOf(body)
  // The agent names its model first: no need to read some hundred kilobytes for it.
  const first = /^\s*\{\s*"model"\s*:\s*"([^"\\]+)"/.exec(bytes.toString('latin1', 0, 256))?.[1]
  if (first !== undefined) return first
  const parsed = parsedBody(body)
  const model = parsed !== null && typeof parsed === 'object' && 'model' in parsed ? parsed.model : ''
  return typeof model === 'string' ? model : ''
}

/** In a JSON text the quotes of `"stream"` cannot stand inside a string, where they would be escaped. */
export const isStreamed = (body: Uint8Array): boolean => /"stream"\s*:\s*true/.test(bufferOf(body).toString('latin1'))

/**
 * Whether answering may change something outside: tool servers that the model's service calls itself. All
 * other requests can be asked twice without harm.
 */
export const hasSideEffects = (body: Uint8Array): boolean =>
  /"mcp_servers"\s*:\s*\[\s*\{/.test(bufferOf(body).toString('latin1'))

/** Input tokens of a request before anybody has counted them: a token of prose and code has about four bytes. */
export const estimatedInputTokens = (body: Uint8Array): number => Math.ceil(body.byteLength / 4)

const bufferOf = (body: Uint8Array): Buffer => Buffer.from(body.buffer, body.byteOffset, body.byteLength)
