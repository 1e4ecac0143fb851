import type { LedgerCall } from '../../ports/ledger.ts'
import type { UpstreamRequest } from '../../ports/model-gateway.ts'
import { classifyRequest } from '../observation/classify-request.ts'
import { parseJson, readMessageRequest } from '../wire/message-request.ts'

/** Who asked, and what for. */
export function describeCall({ headers, body }: UpstreamRequest): Pick<LedgerCall, 'kind' | 'model' | 'thread'> {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')
  const view = readMessageRequest(parseJson(text))
  return {
    kind: classifyRequest(view),
    model: view.model,
    thread: headers['x-claude-code-agent-id'] ?? null,
  }
}
