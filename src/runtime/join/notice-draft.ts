import type { EventId } from '../../domain/ids.ts'
import type { EventDraft } from '../../domain/session-event.ts'
import type { AgentReport } from '../../ports/agent-report.ts'
import { eventDetailOf } from './event-detail-of.ts'
import type { ToolCalls } from './tool-calls.ts'

type Notice = Extract<
  AgentReport,
  { type: 'harness_message' | 'local_output' | 'model_fallback' | 'permission_denied' | 'notice' }
>

/** What the agent says beside its answers, as events of our own. */
export function noticeDraft(
  report: Notice,
  { stamp, calls }: { stamp: { readonly id: EventId; readonly processed_at: string }; calls: ToolCalls },
): EventDraft {
  switch (report.type) {
    case 'harness_message':
      return {
        type: 'perdure.harness_message',
        ...stamp,
        text: report.text,
        ...eventDetailOf({ sdk_uuid: report.uuid }),
      }
    case 'local_output':
      return { type: 'perdure.local_output', ...stamp, text: report.text, ...eventDetailOf({ sdk_uuid: report.uuid }) }
    case 'model_fallback':
      return {
        type: 'perdure.model_fallback',
        ...stamp,
        from_model: report.fromModel,
        to_model: report.toModel,
        trigger: report.trigger,
      }
    case 'permission_denied':
      return {
        type: 'perdure.permission_denied',
        ...stamp,
        tool_use_event_id: report.toolUseId === null ? null : (calls.logged(report.toolUseId)?.eventId ?? null),
        tool_name: report.toolName,
        message: report.message,
        ...eventDetailOf({ tool_use_id: report.toolUseId ?? undefined }),
      }
    case 'notice':
      return { type: 'perdure.agent_notice', ...stamp, name: report.name, payload: { ...report.payload } }
  }
}
