import type { IncomingMessage, ServerResponse } from 'node:http'
import { redact } from '../../domain/redaction.ts'
import type { RequestOrigin } from '../../ports/model-gateway.ts'
import type { ModelObservation, ModelRequestEnd } from '../../ports/model-observation.ts'

/** One request as the log tells of it: no bodies, no secrets. */
export interface RequestRecord {
  readonly time: string
  readonly message: 'request'
  /** `organization/workspace`; null where nobody known asked. */
  readonly tenant: string | null
  readonly method: string
  readonly path: string
  readonly status: number
  readonly end: ModelRequestEnd
  readonly duration_ms: number
  readonly request_id?: string
  readonly model?: string
  readonly input_tokens?: number
  readonly output_tokens?: number
  readonly first_byte_ms?: number
}

export interface RequestRecorder {
  readonly observe: (observation: ModelObservation) => void
}

interface Recorded {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  readonly origin: RequestOrigin | undefined
}

/** Follows one request to its end, then tells of it once. */
export function recordRequest(
  { incoming, outgoing, origin }: Recorded,
  log: (record: RequestRecord) => void,
): RequestRecorder {
  const startedMs = performance.now()
  const since = (atMs: number): number => Math.round((atMs - startedMs) * 10) / 10
  const seen: {
    -readonly [Key in 'request_id' | 'model' | 'input_tokens' | 'output_tokens' | 'first_byte_ms']?: RequestRecord[Key]
  } = {}
  let end: ModelRequestEnd | undefined
  outgoing.once('close', () => {
    const status = outgoing.headersSent ? outgoing.statusCode : 499
    log({
      time: new Date().toISOString(),
      message: 'request',
      tenant: origin === undefined ? null : `${origin.organizationId}/${origin.workspaceId}`,
      method: incoming.method ?? '',
      path: redact((incoming.url ?? '').split('?')[0]!),
      status,
      end: end ?? endOf(outgoing, status),
      duration_ms: since(performance.now()),
      ...seen,
    })
  })
  const observe = (observation: ModelObservation): void => {
    if (observation.type === 'request') seen.model = observation.model
    if (observation.type === 'response') {
      seen.request_id = observation.requestId
      seen.first_byte_ms = since(observation.atMs)
    }
    if (observation.type === 'end') end = observation.how
    if ('usage' in observation) {
      seen.input_tokens = observation.usage.input_tokens ?? seen.input_tokens ?? 0
      seen.output_tokens = observation.usage.output_tokens ?? seen.output_tokens ?? 0
    }
  }
  return { observe }
}

function endOf(outgoing: ServerResponse, status: number): ModelRequestEnd {
  if (!outgoing.writableFinished) return 'client_abort'
  return status >= 400 ? 'http_error' : 'complete'
}
