import type { Clock } from '../../ports/clock.ts'
import type { ModelObservation, WireUsage } from '../../ports/model-observation.ts'
import { usdFromNanoUsd, type NanoUsd } from '../../domain/money.ts'
import { warnOf } from '../warn-of.ts'

/** One look at a model request, live. */
export interface ModelMetrics {
  /** `first_token`: the answer begins. `streaming`: at most four times a second. `ended`: the numbers are final. */
  readonly phase: 'first_token' | 'streaming' | 'ended'
  /** Number of the request within the run. */
  readonly request: number
  readonly model: string
  /** The sub-agent's id; null on the main thread. */
  readonly thread: string | null
  readonly inputTokens: number
  readonly cacheReadInputTokens: number
  readonly cacheCreationInputTokens: number
  /** Until the end an estimate by the length of the text. */
  readonly outputTokens: number
  /** Milliseconds from the request to the first token; null when none came. */
  readonly firstTokenMs: number | null
  /** Output tokens per second since the first token; null before there is a time to divide by. */
  readonly tokensPerSecond: number | null
  readonly durationMs: number
  /** Cost of the request; null until it is known. */
  readonly costUsd: number | null
}

interface Request {
  readonly request: number
  readonly thread: string | null
  readonly startedMs: number
  model: string
  requestId: string | null
  usage: WireUsage
  characters: number
  firstTokenAtMs: number | null
  shownAtMs: number
}

export interface StreamMetricsOptions {
  readonly clock: Clock
  readonly onMetrics: (metrics: ModelMetrics) => void
  readonly costOfRequest: (requestId: string) => NanoUsd | null
}

/** English text and code have about this many characters in a token; only for numbers before the end. */
const charactersPerToken = 4
const everyMs = 250

/** Turns what the gateway observes into live numbers. */
export class StreamMetrics {
  readonly #options: StreamMetricsOptions
  readonly #open = new Map<number, Request>()

  constructor(options: StreamMetricsOptions) {
    this.#options = options
  }

  observe(observation: ModelObservation): void {
    if (observation.type === 'request') {
      this.#open.set(observation.request, requestOf(observation, this.#options.clock))
      return
    }
    const request = this.#open.get(observation.request)
    if (request === undefined) return
    switch (observation.type) {
      case 'response':
        request.requestId = observation.requestId
        return
      case 'message_start':
      case 'usage':
      case 'message':
        request.usage = { ...request.usage, ...observation.usage }
        if (observation.type !== 'usage') request.model = observation.model
        if (observation.type === 'message') this.#wrote(request, observation.blocks.map(({ text }) => text).join(''))
        return
      case 'block_delta':
        return this.#wrote(request, observation.text)
      case 'end':
        this.#open.delete(observation.request)
        return this.#show(request, 'ended')
      default:
        return
    }
  }

  #wrote(request: Request, text: string): void {
    const nowMs = this.#options.clock.monotonicMs()
    request.characters += text.length
    if (request.firstTokenAtMs === null) {
      request.firstTokenAtMs = nowMs
      this.#show(request, 'first_token')
    } else if (nowMs - request.shownAtMs >= everyMs) this.#show(request, 'streaming')
  }

  #show(request: Request, phase: ModelMetrics['phase']): void {
    const { clock, onMetrics, costOfRequest } = this.#options
    const nowMs = clock.monotonicMs()
    request.shownAtMs = nowMs
    const { usage, startedMs, firstTokenAtMs } = request
    const outputTokens =
      phase === 'ended' ? (usage.output_tokens ?? 0) : Math.ceil(request.characters / charactersPerToken)
    const cost = request.requestId === null || phase !== 'ended' ? null : costOfRequest(request.requestId)
    const streamedMs = firstTokenAtMs === null ? 0 : nowMs - firstTokenAtMs
    try {
      onMetrics({
        phase,
        request: request.request,
        model: request.model,
        thread: request.thread,
        inputTokens: usage.input_tokens ?? 0,
        cacheReadInputTokens: usage.cache_read_input_tokens ?? 0,
        cacheCreationInputTokens: usage.cache_creation_input_tokens ?? 0,
        outputTokens,
        firstTokenMs: firstTokenAtMs === null ? null : firstTokenAtMs - startedMs,
        tokensPerSecond: streamedMs > 0 ? (outputTokens * 1000) / streamedMs : null,
        durationMs: nowMs - startedMs,
        costUsd: cost === null ? null : usdFromNanoUsd(cost),
      })
    } catch (error) {
      warnOf('onMetrics threw', error)
    }
  }
}

const requestOf = ({ request, thread, model }: ModelObservation & { type: 'request' }, clock: Clock): Request => ({
  request,
  thread,
  model,
  startedMs: clock.monotonicMs(),
  requestId: null,
  usage: {},
  characters: 0,
  firstTokenAtMs: null,
  shownAtMs: 0,
})
