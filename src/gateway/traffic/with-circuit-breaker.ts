import { systemClock, type Clock } from '../../ports/clock.ts'
import type { ModelUpstream, UpstreamRequest, UpstreamResponse } from '../../ports/model-gateway.ts'
import { apiErrorResponse } from '../wire/api-error.ts'
import { CircuitBreaker, type CircuitAdvice, type CircuitOptions } from './circuit-breaker.ts'
import { decoratedUpstream } from './decorated-upstream.ts'
import { isModelRequest, modelOf } from './request-facts.ts'

/** An upstream that asks a model no more while it keeps failing: one circuit for each model. */
export function withCircuitBreaker(
  upstream: ModelUpstream,
  { clock = systemClock, ...options }: CircuitOptions & { readonly clock?: Pick<Clock, 'monotonicMs'> } = {},
): ModelUpstream {
  const circuits = new Map<string, CircuitBreaker>()

  const handle = async (request: UpstreamRequest): Promise<UpstreamResponse> => {
    if (!isModelRequest(request)) return upstream.handle(request)
    const model = modelOf(request.body)
    const circuit = circuits.get(model) ?? new CircuitBreaker(options)
    const advice = circuit.advice(clock.monotonicMs())
    if (advice.kind === 'refuse') return circuitOpen(model, advice.retryInMs)
    circuits.set(model, circuit)
    try {
      const answer = await upstream.handle(request)
      noteAnswer(answer.status, { circuit, advice, nowMs: clock.monotonicMs() })
      return answer
    } catch (error) {
      if (request.signal.aborted) circuit.unknown(advice)
      else circuit.failed(advice, clock.monotonicMs())
      throw error
    } finally {
      if (circuit.isQuiet) circuits.delete(model)
    }
  }
  return decoratedUpstream(upstream, handle)
}

function noteAnswer(
  status: number,
  { circuit, advice, nowMs }: { circuit: CircuitBreaker; advice: CircuitAdvice; nowMs: number },
): void {
  // Who is throttled is answered by a service that is well.
  if (status >= 500) circuit.failed(advice, nowMs)
  else circuit.succeeded()
}

function circuitOpen(model: string, retryInMs: number): UpstreamResponse {
  return apiErrorResponse({
    status: 529,
    message: `${model} has failed several times in a row and is left alone for a moment.`,
    options: { headers: { 'retry-after-ms': String(Math.ceil(retryInMs)), [circuitHeader]: 'open' } },
  })
}

/** Marks an answer that no service gave. */
export const circuitHeader = 'x-perdure-circuit'
