import { redact, redactJson } from '../../domain/redaction.ts'
import type { ModelUpstream, UpstreamRequest, UpstreamResponse } from '../../ports/model-gateway.ts'
import { decoratedUpstream } from './decorated-upstream.ts'

/** More than any service has to say about an error. */
const mostErrorBytes = 1024 * 1024

/**
 * An upstream whose service cannot tell an agent the key: some repeat what they refuse. Secrets are taken out of all
 * headers, and out of the body of an error, of which the beginning is read whole for that. So one that comes in drops
 * for ever counts as silence. What is no error passes byte by byte.
 */
export function withoutEchoes(upstream: ModelUpstream): ModelUpstream {
  const handle = async (request: UpstreamRequest): Promise<UpstreamResponse> => {
    const answer = await upstream.handle(request)
    const headers = redactJson(answer.headers)
    if (answer.status < 400) return { ...answer, headers }
    const { 'content-length': _, ...others } = headers
    return { ...answer, headers: others, body: redactedStart(answer.body) }
  }
  return decoratedUpstream(upstream, handle)
}

async function* redactedStart(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes >= mostErrorBytes) break
  }
  const start = Buffer.concat(chunks)
  const text = start.toString('utf8')
  const redacted = redact(text)
  if (bytes > 0) yield redacted === text ? start : Buffer.from(redacted)
}
