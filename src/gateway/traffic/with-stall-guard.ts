import { PerdureError } from '../../errors/perdure-error.ts'
import type { ModelUpstream, UpstreamRequest, UpstreamResponse } from '../../ports/model-gateway.ts'
import type { UpstreamNotice } from '../../ports/upstream-notice.ts'
import { decoratedUpstream } from './decorated-upstream.ts'
import { passedOn } from './passed-on.ts'
import { isStreamed } from './request-facts.ts'

export interface StallTimeouts {
  /** Until a streamed answer begins: its head comes before the model thinks. Default: 2 minutes. */
  readonly streamStartTimeoutMs?: number
  /** Until an answer in one piece begins, which the model has thought and written by then. Default: 10 minutes. */
  readonly firstByteTimeoutMs?: number
  /** Longest silence inside an answer; the service's pings break it. Default: 60 seconds. */
  readonly idleTimeoutMs?: number
}

/** An upstream that cannot hang: when it falls silent its request is aborted, with `stream_stalled`. */
export function withStallGuard(upstream: ModelUpstream, timeouts: StallTimeouts = {}): ModelUpstream {
  const { streamStartTimeoutMs = 120_000, firstByteTimeoutMs = 600_000, idleTimeoutMs = 60_000 } = timeouts

  const handle = async (request: UpstreamRequest): Promise<UpstreamResponse> => {
    const cut = new AbortController()
    const signal = AbortSignal.any([request.signal, cut.signal])
    const startMs = isStreamed(request.body) ? streamStartTimeoutMs : firstByteTimeoutMs
    const patience = new UpstreamPatience(cut)
    // An upstream that waits for a limit says so, and is not silent.
    const notify = (notice: UpstreamNotice): void => {
      patience.seen()
      request.notify?.(notice)
    }
    const answer = await patience.await(upstream.handle({ ...request, signal, notify }), startMs)
    // The clock runs only while the upstream is waited for: a slow reader is not its fault.
    const wait = (step: Promise<IteratorResult<Uint8Array>>) => patience.await(step, idleTimeoutMs)
    return { ...answer, body: passedOn(answer.body[Symbol.asyncIterator](), { wait }) }
  }
  return decoratedUpstream(upstream, handle)
}

class UpstreamPatience {
  readonly #cut: AbortController
  #timer: NodeJS.Timeout | undefined

  constructor(cut: AbortController) {
    this.#cut = cut
  }

  async await<Value>(step: Promise<Value>, timeoutMs: number): Promise<Value> {
    const { promise: stalled, reject } = Promise.withResolvers<never>()
    this.#timer = setTimeout(() => {
      const error = new PerdureError('stream_stalled', `The model’s service was silent for ${timeoutMs} ms: stalled.`, {
        details: { silentMs: timeoutMs },
      })
      reject(error)
      this.#cut.abort(error)
      // Nobody listens any more to what its request says about having been aborted.
      step.catch(() => {})
    }, timeoutMs)
    try {
      return await Promise.race([step, stalled])
    } finally {
      clearTimeout(this.#timer)
      this.#timer = undefined
    }
  }

  /** A sign of life: the wait under way begins anew. */
  seen(): void {
    this.#timer?.refresh()
  }
}
