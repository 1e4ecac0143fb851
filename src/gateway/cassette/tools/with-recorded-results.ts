import type { ModelUpstream } from '../../../ports/model-gateway.ts'
import type { RecordedTools } from '../../../ports/recorded-tools.ts'
import { asRecord, listOf, parseJson } from '../../wire/message-request.ts'

/**
 * The same upstream, which gets the requests of an agent without working tools as the recorded run made them:
 * each failed result is the refusal of a call, and the recorded result takes its place. What did work is the
 * agent's own doing, and stays.
 */
export const withRecordedResults = (upstream: ModelUpstream, tools: RecordedTools): ModelUpstream => ({
  ...upstream,
  handle: (request) => upstream.handle({ ...request, body: recordedBody(request.body, tools) }),
})

function recordedBody(bytes: Uint8Array, tools: RecordedTools): Uint8Array {
  const body = asRecord(parseJson(Buffer.from(bytes).toString('utf8')))
  if (body['messages'] === undefined) return bytes
  const messages = listOf(body['messages']).map((message) => recordedMessage(asRecord(message), tools))
  return Buffer.from(JSON.stringify({ ...body, messages }))
}

function recordedMessage(message: Readonly<Record<string, unknown>>, tools: RecordedTools): unknown {
  if (!Array.isArray(message['content'])) return message
  return { ...message, content: message['content'].map((block) => recordedBlock(asRecord(block), tools)) }
}

function recordedBlock(block: Readonly<Record<string, unknown>>, tools: RecordedTools): unknown {
  if (block['type'] !== 'tool_result' || block['is_error'] !== true) return block
  const call = tools.findCall(String(block['tool_use_id']))
  return call === undefined ? block : { ...block, content: call.content, is_error: call.isError }
}
