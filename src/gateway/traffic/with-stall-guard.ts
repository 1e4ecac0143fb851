import { PerdureError } from '../../errors/perdure-error.ts'
import type { ModelUpstream, UpstreamRequest, UpstreamResponse } from '../../ports/model-gateway.ts'
import type { UpstreamNotice } from '../../ports/upstream-notice.ts'
import { decoratedUpstream } from './decorated-upstream.ts'
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
    return { ...answer, body: guarded(answer.body, patience, idleTimeoutMs) }
  }
  return decoratedUpstream(upstream, handle)
}

/** The clock runs only while the upstream is waited for: a slow reader is not its fault. */
async function* guarded(
  body: AsyncIterable<Uint8Array>,
  patience: UpstreamPatience,
  idleTimeoutMs: number,
): AsyncGenerator<Uint8Array, void> {
  const chunks = body[Symbol.asyncIterator]()
  let isOver = false
  try {
    while (true) {
      const next = await patience.await(chunks.next(), idleTimeoutMs)
      isOver = next.done === true
      if (next.done === true) return
      yield next.value
    }
  } catch (error) {
    isOver = true
    throw error
  } finally {
    // Read to its end or cut, it is over; left by its reader, it has to be told.
    if (!isOver) await chunks.return?.()
  }
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
