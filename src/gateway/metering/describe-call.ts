import type { LedgerCall } from '../../ports/ledger.ts'
import type { UpstreamRequest } from '../../ports/model-gateway.ts'
import { classifyRequest } from '../observation/classify-request.ts'
import { readMessageRequest } from '../wire/message-request.ts'
import { parsedBody } from '../wire/parsed-body.ts'

/** Who asked, and what for. */
export function describeCall({ headers, body }: UpstreamRequest): Pick<LedgerCall, 'kind' | 'model' | 'thread'> {
  const view = readMessageRequest(parsedBody(body))
  return {
    kind: classifyRequest(view),
    model: view.model,
    thread: headers['x-claude-code-agent-id'] ?? null,
  }
}
