import type { AgentReport } from '../../../ports/agent-report.ts'
import type { SdkBlock, UserMessage } from './sdk-message.ts'

/** How the agent writes an interrupt down; the rest of the sentence varies. */
const interruptionMark = '[Request interrupted by user'
const localOutputMark = /^<local-command-(?:stdout|stderr)>([^]*)<\/local-command-(?:stdout|stderr)>$/

/** What stands in the user's place: tools' results, and what the agent itself put there. Null: an echo. */
export function translateUser(message: UserMessage, thread: string | null): AgentReport[] | null {
  const { content } = message.message
  const blocks: readonly SdkBlock[] = typeof content === 'string' ? [{ type: 'text', text: content }] : content
  const results = blocks.filter((block) => block.type === 'tool_result')
  if (results.length > 0) return results.map((block) => toolResult(block, message, thread))
  const text = blocks.map((block) => (typeof block['text'] === 'string' ? block['text'] : '')).join('')
  const { uuid } = message
  if (text.startsWith(interruptionMark)) return [{ type: 'interruption', thread, uuid }]
  const output = localOutputMark.exec(text.trim())
  if (output !== null) return [{ type: 'local_output', uuid, text: output[1]! }]
  if (message.isReplay) return null
  if (!message.isSynthetic && thread !== null) return [{ type: 'thread_prompt', thread, uuid, text }]
  return [{ type: 'harness_message', thread, uuid, text }]
}

function toolResult(block: SdkBlock, message: UserMessage, thread: string | null): AgentReport {
  return {
    type: 'tool_result',
    thread,
    uuid: message.uuid,
    toolUseId: String(block['tool_use_id']),
    content: contentBlocks(block['content']),
    isError: block['is_error'] === true,
    ...(message.tool_use_result === undefined ? {} : { output: message.tool_use_result }),
  }
}

/** A result's content as blocks, which it mostly is a text instead of. */
export function contentBlocks(content: unknown): (Record<string, unknown> & { type: string })[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  return Array.isArray(content) ? (content as (Record<string, unknown> & { type: string })[]) : []
}
