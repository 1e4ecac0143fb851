import type { ModelUpstream, UpstreamRequest } from '../../ports/model-gateway.ts'
import { asRecord, parseJson } from '../wire/message-request.ts'

/** Fields that the service takes for a count. */
const counted = new Set([
  'model', 'messages', 'system', 'tools', 'tool_choice', 'thinking', 'output_config', 'context_management', 'cache_control',
]) // prettier-ignore

const timeoutMs = 10_000

export interface CountRequest {
  readonly body: Readonly<Record<string, unknown>>
  readonly request: UpstreamRequest
}

/**
 * An upper bound of a prompt's tokens by the service's own count; null where it gives none. The count is called an
 * estimate that may be off by a small amount, hence the margin: 2 % and 64 tokens.
 */
export async function countPrompt(upstream: ModelUpstream, { body, request }: CountRequest): Promise<number | null> {
  const [, query = ''] = request.path.split('?')
  const asked = Object.fromEntries(Object.entries(body).filter(([name]) => counted.has(name)))
  const { notify: _silent, ...rest } = request
  try {
    const answer = await upstream.handle({
      ...rest,
      path: `/v1/messages/count_tokens${query === '' ? '' : `?${query}`}`,
      body: Buffer.from(JSON.stringify(asked)),
      signal: AbortSignal.any([request.signal, AbortSignal.timeout(timeoutMs)]),
    })
    const chunks: Uint8Array[] = []
    for await (const chunk of answer.body) chunks.push(chunk)
    const { input_tokens: tokens } = asRecord(parseJson(Buffer.concat(chunks).toString('utf8')))
    return answer.status === 200 && typeof tokens === 'number' && tokens > 0 ? Math.ceil(tokens * 1.02) + 64 : null
  } catch {
    // Without a count the bound by bytes stands. Whether the agent is gone, the caller sees.
    return null
  }
}
