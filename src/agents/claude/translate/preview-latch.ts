import type { z } from 'zod'
import type { AgentReport } from '../../../ports/agent-report.ts'
import type { streamEvent } from './sdk-message.ts'

export interface PreviewLatch {
  translate(message: z.infer<typeof streamEvent>): AgentReport[]
}

/** Live text of the main thread from the agent's own stream, which names the answer only at its start. */
export function createPreviewLatch(): PreviewLatch {
  let messageId = ''
  return {
    translate: ({ event, parent_tool_use_id }) => {
      if (parent_tool_use_id != null) return []
      const index = event.index ?? 0
      if (event.type === 'message_start') messageId = event.message?.id ?? ''
      if (event.type === 'content_block_start') {
        if (event.content_block?.type === 'thinking')
          return [{ type: 'preview', messageId, index, kind: 'thinking_start', text: '' }]
        if (event.content_block?.type !== 'text') return []
        return [{ type: 'preview', messageId, index, kind: 'text_start', text: event.content_block.text ?? '' }]
      }
      if (event.type !== 'content_block_delta' || event.delta?.type !== 'text_delta') return []
      return [{ type: 'preview', messageId, index, kind: 'text_delta', text: event.delta.text ?? '' }]
    },
  }
}
