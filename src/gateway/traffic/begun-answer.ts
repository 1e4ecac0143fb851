import type { UpstreamResponse } from '../../ports/model-gateway.ts'
import { passedOn } from './passed-on.ts'

export interface BegunAnswer {
  /** The same answer, nothing of it lost. */
  readonly answer: UpstreamResponse
  /** Its first bytes; empty where it has none. */
  readonly start: Uint8Array
}

/**
 * Resolves once the first bytes of an answer are there, or its end. @throws what its body throws before that.
 * @param isTooShort Whether more than these first bytes is needed to know the answer by.
 */
export async function begunAnswer(
  answer: UpstreamResponse,
  isTooShort: (start: Uint8Array, answer: UpstreamResponse) => boolean = () => false,
): Promise<BegunAnswer> {
  const chunks = answer.body[Symbol.asyncIterator]()
  let next = await chunks.next()
  let start: Uint8Array = new Uint8Array()
  while (next.done !== true) {
    start = start.length === 0 ? next.value : Buffer.concat([start, next.value])
    if (!isTooShort(start, answer)) break
    next = await chunks.next()
  }
  return { answer: { ...answer, body: passedOn(chunks, { start }) }, start }
}
