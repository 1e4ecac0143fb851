import type { BetaManagedAgentsSpanModelUsage } from '@anthropic-ai/sdk/resources/beta/sessions'
import type { EventId } from '../../domain/ids.ts'
import type { EventDraft } from '../../domain/session-event.ts'
import type { WireUsage } from '../../ports/model-observation.ts'
import { eventDetailOf } from './event-detail-of.ts'
import { isFailed, type Span } from './span.ts'

interface Stamp {
  readonly id: EventId
  readonly processed_at: string
}

export const spanStartDraft = (span: Span, stamp: Stamp): EventDraft => ({
  type: 'span.model_request_start',
  ...stamp,
  ...eventDetailOf({ request_kind: span.kind, model: span.model }),
})

export const spanEndDraft = (
  span: Span,
  { startEventId, ...stamp }: Stamp & { startEventId: EventId },
): EventDraft => ({
  type: 'span.model_request_end',
  ...stamp,
  model_request_start_id: startEventId,
  is_error: isFailed(span),
  model_usage: spanUsage(span.usage),
  ...eventDetailOf({
    request_kind: span.kind,
    model: span.model,
    message_id: span.messageId ?? undefined,
    request_id: span.requestId ?? undefined,
    http_status: span.status ?? undefined,
    ended: span.wireEnd ?? 'agent_gone',
    first_token_ms: sinceRequest(span, span.firstTokenAtMs),
    duration_ms: sinceRequest(span, span.wireEndedAtMs),
    stop_reason: span.stopReason,
    attempts: span.attempts === 1 ? undefined : span.attempts,
  }),
})

const sinceRequest = (span: Span, atMs: number | null): number | undefined =>
  atMs === null ? undefined : Math.round(atMs - span.requestedAtMs)

function spanUsage(usage: WireUsage): BetaManagedAgentsSpanModelUsage {
  const counts = {
    input_tokens: usage.input_tokens ?? 0,
    output_tokens: usage.output_tokens ?? 0,
    cache_creation_input_tokens: usage.cache_creation_input_tokens ?? 0,
    cache_read_input_tokens: usage.cache_read_input_tokens ?? 0,
  }
  return usage.speed === 'standard' || usage.speed === 'fast' ? { ...counts, speed: usage.speed } : counts
}
