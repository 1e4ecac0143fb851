import type { EventId } from '../../domain/ids.ts'
import type { EventDraft } from '../../domain/session-event.ts'
import type { ModelErrorReport, RetryingReport } from '../../ports/agent-report.ts'
import { wireErrorOf } from '../wire-error.ts'
import { eventDetailOf } from './event-detail-of.ts'

/** A failure that the agent retries by itself, or gave up on. */
export function errorDraft(
  report: ModelErrorReport | RetryingReport,
  stamp: { readonly id: EventId; readonly processed_at: string },
): EventDraft {
  const failed = report.type === 'model_error'
  return {
    type: 'session.error',
    ...stamp,
    error: wireErrorOf(report.error, failed ? 'exhausted' : 'retrying'),
    ...eventDetailOf(failed ? { sdk_uuid: report.uuid, request_id: report.requestId ?? undefined } : {}),
  }
}
