import type { BetaManagedAgentsSessionErrorEvent } from '@anthropic-ai/sdk/resources/beta/sessions'
import type { EventId } from '../../domain/ids.ts'
import type { EventDraft } from '../../domain/session-event.ts'
import type { ErrorCode } from '../../errors/codes.ts'
import type { ModelErrorReport, RetryingReport } from '../../ports/agent-report.ts'
import { eventDetailOf } from './event-detail-of.ts'

type ModelErrorType = Extract<
  BetaManagedAgentsSessionErrorEvent['error']['type'],
  | 'model_overloaded_error'
  | 'model_rate_limited_error'
  | 'model_request_failed_error'
  | 'billing_error'
  | 'unknown_error'
>

/** Our codes in the wire's words; what is not here is `unknown_error`. */
const wireErrorTypes: Partial<Record<ErrorCode, ModelErrorType>> = {
  overloaded: 'model_overloaded_error',
  rate_limited: 'model_rate_limited_error',
  billing_error: 'billing_error',
  authentication_failed: 'model_request_failed_error',
  connection_failed: 'model_request_failed_error',
  model_not_found: 'model_request_failed_error',
  model_refused: 'model_request_failed_error',
  model_request_rejected: 'model_request_failed_error',
  permission_denied: 'model_request_failed_error',
  prompt_too_long: 'model_request_failed_error',
  request_too_large: 'model_request_failed_error',
  server_error: 'model_request_failed_error',
  stream_stalled: 'model_request_failed_error',
}

/** A failure that the agent retries by itself, or gave up on. */
export function errorDraft(
  report: ModelErrorReport | RetryingReport,
  stamp: { readonly id: EventId; readonly processed_at: string },
): EventDraft {
  const failed = report.type === 'model_error'
  return {
    type: 'session.error',
    ...stamp,
    error: {
      type: wireErrorTypes[report.error.code] ?? 'unknown_error',
      message: report.error.message,
      retry_status: { type: failed ? 'exhausted' : 'retrying' },
    },
    ...eventDetailOf(failed ? { sdk_uuid: report.uuid, request_id: report.requestId ?? undefined } : {}),
  }
}
