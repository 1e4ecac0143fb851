import type { ModelObservation } from '../../ports/model-observation.ts'
import type { UpstreamNotice } from '../../ports/upstream-notice.ts'
import { readMessageRequest } from '../wire/message-request.ts'
import { parsedBody } from '../wire/parsed-body.ts'
import { classifyRequest, tailTextOf, toolResultIdsOf } from './classify-request.ts'
import { createStreamObserver, observeWholeAnswer, type AnswerEnd, type BareObservation } from './observe-answer.ts'

/** Watches one model request from its body to its one and only end. */
export interface ExchangeObserver {
  /** Before the answer: why it takes its time. */
  notice(notice: UpstreamNotice): void
  response(status: number, requestId: string): void
  streamChunk(chunk: Uint8Array): void
  endOfStream(): void
  wholeAnswer(status: number, body: Uint8Array): void
  /** Only the first end counts: an agent that hangs up after the last event does not undo it. */
  end(end: AnswerEnd): void
}

export interface ObservedRequest {
  readonly request: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export function observeExchange(
  { request, headers, body }: ObservedRequest,
  observe: (observation: ModelObservation) => void,
): ExchangeObserver {
  let ended = false
  const emit = (observation: BareObservation): void => {
    if (ended) return
    try {
      observe({ ...observation, request, atMs: performance.now() })
    } catch (error) {
      // Who only watches must not break the agent's run.
      process.emitWarning(error instanceof Error ? error : String(error))
    }
  }
  const end = (how: AnswerEnd): void => {
    emit({ type: 'end', ...how })
    ended = true
  }
  const view = readMessageRequest(parsedBody(body))
  emit({
    type: 'request',
    thread: headers['x-claude-code-agent-id'] ?? null,
    parentThread: headers['x-claude-code-parent-agent-id'] ?? null,
    kind: classifyRequest(view),
    model: view.model,
    streamed: view.streamed,
    toolResultIds: toolResultIdsOf(view.messages),
    tailText: tailTextOf(view.messages),
  })
  const stream = createStreamObserver(emit, end)
  return {
    notice: (notice) => emit(notice),
    response: (status, requestId) => emit({ type: 'response', status, requestId }),
    streamChunk: (chunk) => stream.push(chunk),
    endOfStream: () => end(stream.endOfStream()),
    wholeAnswer: (status, answer) => end(observeWholeAnswer({ status, body: answer }, emit)),
    end,
  }
}
