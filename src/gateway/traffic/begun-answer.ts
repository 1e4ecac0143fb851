import type { UpstreamResponse } from '../../ports/model-gateway.ts'

export interface BegunAnswer {
  /** The same answer, nothing of it lost. */
  readonly answer: UpstreamResponse
  /** Its first bytes; empty where it has none. */
  readonly start: Uint8Array
}

/** Resolves once the first bytes of an answer are there, or its end. @throws what its body throws before that. */
export async function begunAnswer(answer: UpstreamResponse): Promise<BegunAnswer> {
  const chunks = answer.body[Symbol.asyncIterator]()
  const first = await chunks.next()
  const start = first.done === true ? new Uint8Array() : first.value
  return { answer: { ...answer, body: resumed(first, chunks) }, start }
}

async function* resumed(
  first: IteratorResult<Uint8Array>,
  chunks: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  let isOver = false
  try {
    for (let next = first; ; next = await chunks.next()) {
      isOver = next.done === true
      if (next.done === true) return
      yield next.value
    }
  } catch (error) {
    isOver = true
    throw error
  } finally {
    if (!isOver) await chunks.return?.()
  }
}
