import { isRewind } from '../domain/branches.ts'
import type { LoggedEvent } from '../domain/session-event.ts'
import type { KnownToolResult } from '../ports/agent-driver.ts'

/** Results of the main thread's calls since the last turn that ended, or the last rewind: an agent that died may lack the newest. */
export function knownResults(history: readonly LoggedEvent[]): KnownToolResult[] {
  const lastEnd = history.findLastIndex((event) => event.type === 'perdure.turn_ended' || isRewind(event))
  return history.slice(lastEnd + 1).flatMap((event) => {
    const isResult = event.type === 'agent.tool_result' || event.type === 'agent.mcp_tool_result'
    if (!isResult || event.perdure?.tool_use_id === undefined || event.session_thread_id != null) return []
    const { tool_use_id: toolUseId, sdk_uuid: uuid } = event.perdure
    return [{ toolUseId, uuid, content: event.content ?? [], isError: event.is_error === true }]
  })
}
