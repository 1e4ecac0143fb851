import { setTimeout as sleep } from 'node:timers/promises'
import { PerdureError } from '../../../errors/perdure-error.ts'
import type { UpstreamResponse } from '../../../ports/model-gateway.ts'
import type { ExchangeLine } from '../../cassette/cassette-schema.ts'
import { changeAnswer } from '../../cassette/change-answer.ts'
import type { Cassette } from '../../cassette/read-cassette.ts'
import type { ExchangeRequest } from '../../cassette/read-exchange-request.ts'

/** `now`: as fast as it is read. `recorded`: with the pauses of the recording. */
export type ReplaySpeed = 'now' | 'recorded'

export interface Playing {
  readonly cassette: Cassette
  readonly request: ExchangeRequest
  readonly speed: ReplaySpeed
  readonly signal: AbortSignal
}

/** The recorded answer, with the paths and ids of this run in it, as it came: in its pieces, and to its end. */
export async function playAnswer(exchange: ExchangeLine, playing: Playing): Promise<UpstreamResponse> {
  const { cassette, speed, signal } = playing
  const headMs = cassette.timingOf(exchange)?.headMs ?? 0
  if (speed === 'recorded') await sleep(headMs, undefined, { signal })
  const { answer } = exchange
  if (answer === null) throw new PerdureError('connection_failed', exchange.failure ?? 'The recording has no answer.')
  return { status: answer.status, headers: answer.headers, body: chunksOf(exchange, { ...playing, answer }) }
}

type Answer = NonNullable<ExchangeLine['answer']>

async function* chunksOf(
  exchange: ExchangeLine,
  { cassette, request, speed, signal, answer }: Playing & { readonly answer: Answer },
): AsyncGenerator<Uint8Array> {
  const stored = cassette.bytes(answer.body)
  const { bytes, moved } = changeAnswer(stored, request.fromCassette)
  const startMs = performance.now()
  for (const { atMs, start, end } of piecesOf(stored.length, cassette.timingOf(exchange)?.chunks ?? [])) {
    const waitMs = startMs + atMs - performance.now()
    if (speed === 'recorded' && waitMs > 0) await sleep(waitMs, undefined, { signal })
    yield bytes.subarray(moved(start), moved(end))
  }
  if (answer.end === 'hung_up') await untilAborted(signal)
  if (answer.end === 'cut') throw new PerdureError('connection_failed', 'The recorded connection broke here.')
}

/** Where the pieces of an answer begin and end. Without times that fit its length it comes in one piece. */
function piecesOf(length: number, chunks: readonly number[]): { atMs: number; start: number; end: number }[] {
  const pieces: { atMs: number; start: number; end: number }[] = []
  let start = 0
  for (let index = 0; index + 1 < chunks.length; index += 2) {
    const end = start + chunks[index + 1]!
    pieces.push({ atMs: chunks[index]!, start, end })
    start = end
  }
  return start === length ? pieces : [{ atMs: 0, start: 0, end: length }]
}

/** The agent of the recording wanted no more at this point; this one is given the time to say so, too. */
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => reject(new PerdureError('cancelled', 'The agent hung up.'))
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}
