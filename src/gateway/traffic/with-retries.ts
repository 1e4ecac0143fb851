import { codeOfAnswer } from '../../errors/code-of-answer.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { ModelUpstream, UpstreamRequest, UpstreamResponse } from '../../ports/model-gateway.ts'
import { retryDelayMs, type RetryPolicy } from '../../ports/retry-policy.ts'
import { apiErrorResponse, readApiError } from '../wire/api-error.ts'
import { parseJson } from '../wire/message-request.ts'
import { waitAnnounced } from './announced-wait.ts'
import { begunAnswer } from './begun-answer.ts'
import { decoratedUpstream } from './decorated-upstream.ts'
import { longestWaitMs } from './longest-wait.ts'
import { retryAfterMs } from './rate-limit-headers.ts'
import { isBegunError, refusedInStream } from './refused-in-stream.ts'
import { hasSideEffects, isStreamed } from './request-facts.ts'
import { circuitHeader } from './with-circuit-breaker.ts'

export interface RetryOptions {
  readonly policy: RetryPolicy
  /** The agent has another model to turn to, and does so when this one is said to be overloaded for good. */
  readonly hasFallbackModel: boolean
}

/** An attempt that may be worth another one. */
interface Failure {
  readonly error: PerdureError
  /** What the agent hears if there is no other. */
  readonly answer: UpstreamResponse
  /** False: the service, or the request, forbids another attempt. */
  readonly mayRepeat: boolean
  /** The circuit is open: waiting for it helps only those who have no other model. */
  readonly isRefusedByCircuit: boolean
  /** How long the service wants to be left alone; 0 where it says nothing. */
  readonly askedMs: number
}

/**
 * An upstream that is asked again where that can help, as long as nothing of an answer has been passed on. The
 * failure that remains is final: it tells the agent not to ask again by itself.
 */
export function withRetries(upstream: ModelUpstream, { policy, hasFallbackModel }: RetryOptions): ModelUpstream {
  const isFinal = ({ error, mayRepeat, isRefusedByCircuit, askedMs }: Failure): boolean =>
    policy.maxAttempts === 1 ||
    !mayRepeat ||
    !policy.retryableErrors.has(error.code) ||
    askedMs > longestWaitMs ||
    (isRefusedByCircuit && hasFallbackModel)

  const handle = async (request: UpstreamRequest): Promise<UpstreamResponse> => {
    let attempt = 1
    let circuitMs = 0
    while (true) {
      const result = await attemptOnce(upstream, request)
      if (!('askedMs' in result)) return result
      const { error, askedMs } = result
      if (isFinal(result)) return finalAnswer(result, { hasFallbackModel })
      // Nobody was asked: that is no attempt. But it is waited for no longer than between two attempts.
      if (result.isRefusedByCircuit) circuitMs += askedMs
      if (attempt >= policy.maxAttempts || circuitMs > policy.maxDelayMs) {
        return finalAnswer(result, { hasFallbackModel })
      }
      if (result.isRefusedByCircuit) {
        await waitAnnounced(askedMs, request)
        continue
      }
      const delayMs = Math.round(retryDelayMs(policy, attempt, { atLeastMs: askedMs }))
      request.notify?.({ type: 'retrying', attempt, delayMs, error: error.toJSON() })
      await waitAnnounced(delayMs, request)
      attempt += 1
    }
  }
  return decoratedUpstream(upstream, handle)
}

async function attemptOnce(upstream: ModelUpstream, request: UpstreamRequest): Promise<UpstreamResponse | Failure> {
  try {
    const answer = await upstream.handle(request)
    if (isRetryableStatus(answer.status)) return await failureOfAnswer(answer, request)
    const begun = await begunAnswer(answer, isBegunError)
    const refusal = refusedInStream(begun)
    if (refusal === undefined) return begun.answer
    await drain(begun.answer.body)
    return await failureOfAnswer(refusal, request)
  } catch (cause) {
    if (request.signal.aborted) throw cause
    return failureOfCause(cause, request)
  }
}

const isRetryableStatus = (status: number): boolean =>
  status === 408 || status === 409 || status === 429 || status >= 500

async function failureOfAnswer(answer: UpstreamResponse, { body }: UpstreamRequest): Promise<Failure> {
  const whole = await wholeBody(answer.body)
  const { status, headers } = answer
  const { type = null, message = '' } = readApiError(parseJson(whole.toString('utf8'))) ?? {}
  return {
    error: new PerdureError(codeOfAnswer(status, type), message || `The model’s service answered with ${status}.`, {
      details: { httpStatus: status },
    }),
    answer: { status, headers, body: oneChunk(whole) },
    mayRepeat: headers['x-should-retry'] !== 'false' && (wasRefused(status) || !hasSideEffects(body)),
    isRefusedByCircuit: headers[circuitHeader] !== undefined,
    askedMs: retryAfterMs(headers, Date.now()) ?? 0,
  }
}

/** Refused before anything was done. */
const wasRefused = (status: number): boolean => status === 429 || status === 529

/** What stands around an answer counts it as over only when it was read. */
async function drain(body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of body) continue
}

async function wholeBody(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield bytes
}

/** No answer: whether the request arrived, nobody knows. */
function failureOfCause(cause: unknown, { body }: UpstreamRequest): Failure {
  const error = PerdureError.is(cause)
    ? cause
    : new PerdureError('connection_failed', 'The model’s service broke the connection.', { cause })
  const isStall = error.code === 'stream_stalled'
  return {
    error,
    answer: apiErrorResponse({ status: isStall ? 504 : 502, message: error.message }),
    // An answer in one piece was waited for ten minutes: not that long again.
    mayRepeat: !hasSideEffects(body) && (!isStall || isStreamed(body)),
    isRefusedByCircuit: false,
    askedMs: 0,
  }
}

/** To an agent with another model, a rate limit is said to be an overload: from that one it turns away at once. */
function finalAnswer(
  { answer, error }: Failure,
  { hasFallbackModel }: { hasFallbackModel: boolean },
): UpstreamResponse {
  if (answer.status !== 429 || !hasFallbackModel) {
    return { ...answer, headers: { ...answer.headers, 'x-should-retry': 'false' } }
  }
  const requestId = answer.headers['request-id']
  const headers = { 'x-should-retry': 'false', ...(requestId === undefined ? {} : { 'request-id': requestId }) }
  return apiErrorResponse({ status: 529, message: error.message, options: { headers } })
}
