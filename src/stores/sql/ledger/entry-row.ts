import { newIdBody } from '../../../domain/ids.ts'
import type { NanoUsd } from '../../../domain/money.ts'
import type { LedgerCall } from '../../../ports/ledger.ts'
import type { Reservation } from '../../ledger/reservation.ts'
import type { EntryRow } from './entry-queries.ts'

export function entryOf(
  call: LedgerCall,
  facts: { countedAtMs: number; isDuplicate: boolean; isOverrun: boolean },
): EntryRow {
  const { usage, account } = call
  return {
    entry_id: call.id,
    counted_at: facts.countedAtMs,
    run_id: account.runId,
    session_id: account.sessionId,
    user_id: account.userId,
    thread: call.thread,
    kind: call.kind,
    upstream: call.upstream,
    model: call.model,
    message_id: call.messageId,
    request_id: call.requestId,
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    cache_read_input_tokens: usage.cacheReadInputTokens,
    cache_write_5m_input_tokens: usage.cacheWrite5mInputTokens,
    cache_write_1h_input_tokens: usage.cacheWrite1hInputTokens,
    web_search_requests: usage.webSearchRequests,
    speed: usage.speed,
    inference_geo: usage.inferenceGeo,
    cost_nano_usd: call.costNanoUsd,
    list_cost_nano_usd: call.listCostNanoUsd,
    presumed_nano_usd: call.presumedNanoUsd,
    certainty: call.certainty,
    first_token_ms: call.firstTokenMs === null ? null : Math.round(call.firstTokenMs),
    duration_ms: Math.round(call.durationMs),
    is_duplicate: facts.isDuplicate ? 1 : 0,
    is_overrun: facts.isOverrun ? 1 : 0,
  }
}

/** An amount that is presumed of a reserved call, or taken back when it is negative; nothing else is known of the call. */
export function presumedEntryOf({ account, reservedAtMs }: Reservation, presumedNanoUsd: NanoUsd): EntryRow {
  return {
    entry_id: `presumed_${newIdBody()}`,
    counted_at: reservedAtMs,
    run_id: account.runId,
    session_id: account.sessionId,
    user_id: account.userId,
    thread: null,
    kind: null,
    upstream: null,
    model: null,
    message_id: null,
    request_id: null,
    input_tokens: 0,
    output_tokens: 0,
    cache_read_input_tokens: 0,
    cache_write_5m_input_tokens: 0,
    cache_write_1h_input_tokens: 0,
    web_search_requests: 0,
    speed: null,
    inference_geo: null,
    cost_nano_usd: 0n,
    list_cost_nano_usd: 0n,
    presumed_nano_usd: presumedNanoUsd,
    certainty: null,
    first_token_ms: null,
    duration_ms: null,
    is_duplicate: 0,
    is_overrun: 0,
  }
}
