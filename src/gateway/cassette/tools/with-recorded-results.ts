import type { ToolCallRecord } from '../../../ports/tool-record.ts'
import { asRecord, listOf, parseJson } from '../../wire/message-request.ts'

/**
 * A request of an agent without working tools, as the recorded run made it: each failed result is the refusal of a
 * call, and the recorded result takes its place. What did work is the agent's own doing, and stays.
 */
export function withRecordedResults(body: Uint8Array, record: ToolCallRecord): Uint8Array {
  const request = asRecord(parseJson(Buffer.from(body).toString('utf8')))
  if (request['messages'] === undefined) return body
  const messages = listOf(request['messages']).map((message) => recordedMessage(asRecord(message), record))
  return Buffer.from(JSON.stringify({ ...request, messages }))
}

function recordedMessage(message: Readonly<Record<string, unknown>>, record: ToolCallRecord): unknown {
  if (!Array.isArray(message['content'])) return message
  return { ...message, content: message['content'].map((block) => recordedBlock(asRecord(block), record)) }
}

function recordedBlock(block: Readonly<Record<string, unknown>>, record: ToolCallRecord): unknown {
  if (block['type'] !== 'tool_result' || block['is_error'] !== true) return block
  const call = record.findToolCall(String(block['tool_use_id']))
  return call === undefined ? block : { ...block, content: call.content, is_error: call.isError }
}
