import type { WireUsage } from '../../../ports/model-observation.ts'
import { asRecord, listOf } from '../../wire/message-request.ts'
import type { AnswerBlock } from './reply-content.ts'

const bytesPerToken = 4
/** What follows the last cache breakpoint is small in Claude Code's requests. */
const uncachedTokens = 4

/**
 * Token counts that a service might report, from the request alone: the first request of a thread writes
 * the cache, later ones read what the last answer stood on and write what is new.
 */
export function estimateInput(body: Readonly<Record<string, unknown>>): WireUsage {
  // What the model reads; the other fields say how it shall answer.
  const { system, tools, messages } = body
  const text = JSON.stringify({ system, tools, messages })
  const total = tokensOf(text)
  if (!text.includes('"cache_control"')) {
    return { input_tokens: total, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 }
  }
  const list = listOf(messages)
  const lastAnswer = list.findLastIndex((message) => asRecord(message)['role'] === 'assistant')
  const fresh = lastAnswer < 0 ? total : Math.min(total, tokensOf(JSON.stringify(list.slice(lastAnswer))))
  const input = Math.min(uncachedTokens, fresh)
  const written = fresh - input
  const forAnHour = text.includes('"ttl":"1h"')
  return {
    input_tokens: input,
    cache_creation_input_tokens: written,
    cache_read_input_tokens: total - fresh,
    cache_creation: {
      ephemeral_5m_input_tokens: forAnHour ? 0 : written,
      ephemeral_1h_input_tokens: forAnHour ? written : 0,
    },
  }
}

export const estimateOutput = (content: readonly AnswerBlock[]): number =>
  Math.max(1, tokensOf(JSON.stringify(content)))

const tokensOf = (text: string): number => Math.ceil(Buffer.byteLength(text) / bytesPerToken)
