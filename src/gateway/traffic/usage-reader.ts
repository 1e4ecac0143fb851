import type { UpstreamResponse } from '../../ports/model-gateway.ts'
import type { WireUsage } from '../../ports/model-observation.ts'
import { createStreamObserver, observeWholeAnswer, type BareObservation } from '../observation/observe-answer.ts'
import type { TokenUse } from './traffic-limits.ts'

/** Reads from an answer what it used; tokens out of the cache count towards no rate. */
export interface UsageReader {
  of(answer: UpstreamResponse): { push(chunk: Uint8Array): void; end(): void }
  /** What is known so far; undefined: nothing. */
  used(): TokenUse | undefined
}

export function usageReader(): UsageReader {
  let usage: WireUsage | undefined
  const note = (seen: BareObservation): void => {
    if ('usage' in seen) usage = { ...usage, ...seen.usage }
  }
  return {
    of({ status, headers }) {
      if (headers['content-type']?.startsWith('text/event-stream')) {
        const stream = createStreamObserver(note, () => {})
        return { push: (chunk) => stream.push(chunk), end: () => {} }
      }
      const chunks: Uint8Array[] = []
      return {
        push: (chunk) => void chunks.push(chunk),
        end: () => void observeWholeAnswer({ status, body: Buffer.concat(chunks) }, note),
      }
    },
    used() {
      if (usage === undefined) return undefined
      const { input_tokens: plain = 0, cache_creation_input_tokens: written = 0, output_tokens: output = 0 } = usage
      return { inputTokens: plain + written, outputTokens: output }
    },
  }
}
