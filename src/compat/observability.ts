import { PerdureError } from '../errors/perdure-error.ts'

export interface BraintrustSpan {
  id: string
  span_id?: string
  log(data: Record<string, unknown>): void
  end?(): void
}

export interface BraintrustLogger {
  traced<Value>(callback: (span: BraintrustSpan) => Promise<Value>, options?: { name?: string }): Promise<Value>
}

export interface TraceContext {
  traceId: string
  spanId: string | undefined
  projectName: string
}

/**
 * Null: there is no Braintrust to log to.
 * @throws {PerdureError} `option_not_supported` when `BRAINTRUST_API_KEY` asks for it: it is not built yet.
 */
export function initializeBraintrust(): BraintrustLogger | null {
  if (!process.env['BRAINTRUST_API_KEY']) return null
  const remedy = 'Unset BRAINTRUST_API_KEY: traces to Braintrust are not built yet.'
  throw new PerdureError('option_not_supported', 'BRAINTRUST_API_KEY asks for traces that Perdure cannot write.', {
    hint: remedy,
    details: { variable: 'BRAINTRUST_API_KEY' },
  })
}

/** As {@link initializeBraintrust}. */
export function getBraintrustLogger(): BraintrustLogger | null {
  return initializeBraintrust()
}

/**
 * Runs `fn` once, without a span, and settles as it does. Its name and metadata go nowhere, since there
 * are no traces.
 * @throws {PerdureError} `option_not_supported` when `BRAINTRUST_API_KEY` is set; `fn` is not called then.
 */
export async function traceAgentExecution<Value>(
  _name: string,
  _metadata: Record<string, unknown>,
  fn: (span: BraintrustSpan | null) => Promise<Value>,
): Promise<Value> {
  getBraintrustLogger()
  return fn(null)
}

/** What another process needs to go on with a span; null without one. */
export async function exportTraceContext(span: BraintrustSpan | null): Promise<TraceContext | null> {
  if (span === null) return null
  const projectName = process.env['BRAINTRUST_PROJECT_NAME'] || 'claude-agent-sdk'
  return { traceId: span.id, spanId: span.span_id, projectName }
}

/**
 * Whether a prompt is in the sample: the same answer for the same prompt, and yes at every higher rate.
 * @param sampleRate 0 to 1. Default: `BRAINTRUST_SAMPLE_RATE`, else 1.
 * @throws {PerdureError} `invalid_request` for a rate that is no number.
 */
export function shouldSampleTrace(prompt: string, sampleRate?: number): boolean {
  const rate = sampleRate ?? Number(process.env['BRAINTRUST_SAMPLE_RATE'] || 1)
  if (Number.isNaN(rate)) throw new PerdureError('invalid_request', 'The sample rate is not a number.')
  return positionOf(prompt) < rate
}

/** A number from 0 to below 1 that only depends on the text: FNV-1a over its UTF-8, mixed, divided by 2³². */
function positionOf(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}
