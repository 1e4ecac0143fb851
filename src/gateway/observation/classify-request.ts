import type { ModelRequestObserved } from '../../ports/model-observation.ts'
import { tailOf, textOf, type MessageRequest, type WireMessage } from '../wire/message-request.ts'

/** Claude Code ends its request for a summary with this; seen with 2.1.329. */
const compactionMark = 'CRITICAL: Respond with TEXT ONLY'

/**
 * Which of the agent's requests belong to its conversation. A title, a probe of another model and the
 * inner call of a web search are recognised by their shape; what is not recognised counts as a turn.
 */
export function classifyRequest(request: MessageRequest): ModelRequestObserved['kind'] {
  if (request.maxTokens === 1 || request.formatted || hasOnlyServerTools(request)) return 'side'
  const lastUser = request.messages.findLast((message) => message.role === 'user')
  return textOf(lastUser?.blocks ?? []).includes(compactionMark) ? 'compaction' : 'turn'
}

/** The agent's own tools run at the client; only its inner web search has nothing but server tools. */
const hasOnlyServerTools = ({ tools }: MessageRequest): boolean =>
  tools.length > 0 && tools.every(({ type }) => type !== undefined && type !== 'custom')

/** Tool calls whose results are new in this request. */
export const toolResultIdsOf = (messages: readonly WireMessage[]): readonly string[] =>
  tailOf(messages).flatMap(({ blocks }) =>
    blocks.flatMap((block) => (block.type === 'tool_result' ? [String(block['tool_use_id'])] : [])),
  )

/** The text that is new in this request. Newer models get the harness's words as `system` messages: they count. */
export const tailTextOf = (messages: readonly WireMessage[]): string =>
  tailOf(messages)
    .map(({ blocks }) => textOf(blocks))
    .filter((text) => text !== '')
    .join('\n')
