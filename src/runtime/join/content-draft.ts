import type { EventDetail } from '../../domain/event-detail.ts'
import type { EventId } from '../../domain/ids.ts'
import type { EventDraft } from '../../domain/session-event.ts'
import type { AgentContentBlock } from '../../ports/agent-report.ts'
import { eventDetailOf } from './event-detail-of.ts'

export interface DraftFacts {
  readonly stamp: { readonly id: EventId; readonly processed_at: string }
  readonly detail: { [Key in keyof EventDetail]?: EventDetail[Key] | undefined }
}

/** The final event of one block of an answer. */
export function contentDraft(block: AgentContentBlock, { stamp, detail }: DraftFacts): EventDraft {
  switch (block.type) {
    case 'text':
      return {
        type: 'agent.message',
        ...stamp,
        content: [{ type: 'text', text: block.text }],
        ...eventDetailOf(detail),
      }
    case 'thinking':
      return {
        type: 'agent.thinking',
        ...stamp,
        ...eventDetailOf({ ...detail, thinking: block.thinking, signature: block.signature || undefined }),
      }
    case 'redacted_thinking':
      return { type: 'agent.thinking', ...stamp, ...eventDetailOf(detail) }
    case 'tool_use':
      return toolCallDraft(block, { stamp, detail: { ...detail, tool_use_id: block.id } })
    case 'other':
      return {
        type: 'perdure.agent_notice',
        ...stamp,
        name: block.block.type,
        payload: block.block,
        ...eventDetailOf(detail),
      }
  }
}

function toolCallDraft(
  block: Extract<AgentContentBlock, { type: 'tool_use' }>,
  { stamp, detail }: DraftFacts,
): EventDraft {
  const input = { ...block.input }
  const mcp = parseMcpToolName(block.name)
  if (!mcp) return { type: 'agent.tool_use', ...stamp, name: block.name, input, ...eventDetailOf(detail) }
  return {
    type: 'agent.mcp_tool_use',
    ...stamp,
    mcp_server_name: mcp.server,
    name: mcp.tool,
    input,
    ...eventDetailOf(detail),
  }
}

/** The agent names a tool of an MCP server `mcp__<server>__<tool>`. */
export function parseMcpToolName(name: string): { server: string; tool: string } | undefined {
  const [, server, tool] = /^mcp__(.+?)__(.+)$/.exec(name) ?? []
  return server !== undefined && tool !== undefined ? { server, tool } : undefined
}
