import type { EventId } from '../../domain/ids.ts'
import type { EventDraft } from '../../domain/session-event.ts'
import type { ErrorRecord } from '../../errors/perdure-error.ts'
import type { ModelErrorReport } from '../../ports/agent-report.ts'
import { wireErrorOf } from '../wire-error.ts'
import { eventDetailOf } from './event-detail-of.ts'

interface Stamp {
  readonly id: EventId
  readonly processed_at: string
}

/** A failure that was given up on. */
export const errorDraft = (report: ModelErrorReport, stamp: Stamp): EventDraft => ({
  type: 'session.error',
  ...stamp,
  error: wireErrorOf(report.error, 'exhausted'),
  ...eventDetailOf({ sdk_uuid: report.uuid, request_id: report.requestId ?? undefined }),
})

export interface Retry {
  /** The attempt that failed, counted from 1. */
  readonly attempt: number
  readonly delayMs: number
  readonly error: ErrorRecord
}

/** A failure after which the gateway, or the agent by itself, tries again. */
export const retryDraft = ({ attempt, delayMs, error }: Retry, stamp: Stamp): EventDraft => ({
  type: 'session.error',
  ...stamp,
  error: wireErrorOf(error, 'retrying'),
  ...eventDetailOf({ attempt, delay_ms: Math.round(delayMs), error_code: error.code }),
})
