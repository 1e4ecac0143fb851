import type { AgentContentBlock, AgentReport } from '../../../ports/agent-report.ts'
import { errorOfModel } from '../error-code-of-result.ts'
import type { AssistantMessage, SdkBlock } from './sdk-message.ts'

/** An answer's finished blocks; or one of the messages that the agent writes in the model's name. */
export function translateAssistant(message: AssistantMessage, thread: string | null): AgentReport[] {
  const text = message.message.content.map(textOf).join('')
  if (message.error != null) {
    const error = errorOfModel({
      status: message.api_error_status ?? null,
      category: message.error,
      apiType: message.api_error_type ?? null,
      text,
    })
    return [{ type: 'model_error', thread, uuid: message.uuid, requestId: message.request_id ?? null, error }]
  }
  if (message.local_command_source != null) return [{ type: 'local_output', uuid: message.uuid, text }]
  // "No response requested.", and the like: nobody was asked.
  if (message.message.model === '<synthetic>') return [{ type: 'harness_message', thread, uuid: message.uuid, text }]
  return message.message.content.map((block) => ({
    type: 'content_block',
    thread,
    uuid: message.uuid,
    messageId: message.message.id,
    requestId: message.request_id ?? null,
    block: translateBlock(block),
    aborted: message.aborted ?? false,
  }))
}

function translateBlock(block: SdkBlock): AgentContentBlock {
  const { text, thinking, signature, id, name, input } = block
  switch (block.type) {
    case 'text':
      return { type: 'text', text: stringOr(text) }
    case 'thinking':
      return { type: 'thinking', thinking: stringOr(thinking), signature: stringOr(signature) }
    case 'redacted_thinking':
      return { type: 'redacted_thinking' }
    case 'tool_use':
      return { type: 'tool_use', id: stringOr(id), name: stringOr(name), input: isRecord(input) ? input : {} }
    default:
      return { type: 'other', block }
  }
}

const textOf = (block: SdkBlock): string => (block.type === 'text' ? stringOr(block['text']) : '')
const stringOr = (value: unknown): string => (typeof value === 'string' ? value : '')
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
