import type { BetaManagedAgentsAgentToolResultEvent } from '@anthropic-ai/sdk/resources/beta/sessions'
import type { EventDraft } from '../../domain/session-event.ts'
import type { ToolResultReport } from '../../ports/agent-report.ts'
import type { DraftFacts } from './content-draft.ts'
import { eventDetailOf } from './event-detail-of.ts'
import type { LoggedToolCall } from './tool-calls.ts'

type WireBlock = NonNullable<BetaManagedAgentsAgentToolResultEvent['content']>[number]
type ReportedBlock = ToolResultReport['content'][number]

/** The result of a call; `call` is undefined when its event is not in the log. */
export function toolResultDraft(
  report: ToolResultReport,
  { stamp, detail, call }: DraftFacts & { readonly call: LoggedToolCall | undefined },
): EventDraft {
  const callId = call?.eventId ?? report.toolUseId
  const body = {
    ...stamp,
    content: report.content.map(toWireBlock),
    is_error: report.isError,
    ...eventDetailOf({ ...detail, tool_use_id: report.toolUseId, output: report.output }),
  }
  return call?.mcp
    ? { type: 'agent.mcp_tool_result', mcp_tool_use_id: callId, ...body }
    : { type: 'agent.tool_result', tool_use_id: callId, ...body }
}

/** Blocks that the wire has a type for pass as they are; any other becomes the text of its JSON. */
function toWireBlock(block: ReportedBlock): WireBlock {
  if (block.type === 'text' && typeof block['text'] === 'string') return { type: 'text', text: block['text'] }
  return isWireBlock(block) ? block : { type: 'text', text: JSON.stringify(block) }
}

const sourceTypes: Readonly<Record<string, readonly string[]>> = {
  image: ['base64', 'url', 'file'],
  document: ['base64', 'text', 'url', 'file'],
}

function isWireBlock(block: ReportedBlock): block is ReportedBlock & WireBlock {
  if (block.type === 'search_result') {
    return typeof block['source'] === 'string' && typeof block['title'] === 'string' && Array.isArray(block['content'])
  }
  const source = block['source']
  return (
    typeof source === 'object' &&
    source !== null &&
    'type' in source &&
    typeof source.type === 'string' &&
    (sourceTypes[block.type]?.includes(source.type) ?? false)
  )
}
