import { asRecord, listOf } from '../../wire/message-request.ts'

/**
 * What is compared of a normalised request where the results of tools come from the recording: the results
 * prove nothing then, and beside them the agent speaks of files and times of a world that is not there.
 */
export function withoutToolResults(value: unknown): unknown {
  const body = asRecord(value)
  if (body['messages'] === undefined) return value
  const messages: unknown[] = []
  let followsResult = false
  for (const message of listOf(body['messages'])) {
    const { role, content } = asRecord(message)
    const holdsResult = listOf(content).some(isResult)
    if (role === 'system' && followsResult) continue
    followsResult = role === 'system' ? followsResult : holdsResult
    messages.push(holdsResult ? { ...asRecord(message), content: listOf(content).flatMap(withoutResult) } : message)
  }
  return { ...body, messages }
}

const isResult = (block: unknown): boolean => asRecord(block)['type'] === 'tool_result'

function withoutResult(block: unknown): unknown[] {
  const { type, tool_use_id: toolUseId, text } = asRecord(block)
  if (type === 'tool_result') return [{ type, tool_use_id: toolUseId }]
  return typeof text === 'string' && text.startsWith('<system-reminder>') ? [] : [block]
}
