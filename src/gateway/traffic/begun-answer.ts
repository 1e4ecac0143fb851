import type { UpstreamResponse } from '../../ports/model-gateway.ts'

/** Resolves once the first bytes of an answer are there, or its end. @throws what its body throws before that. */
export async function begunAnswer(answer: UpstreamResponse): Promise<UpstreamResponse> {
  const chunks = answer.body[Symbol.asyncIterator]()
  const first = await chunks.next()
  return { ...answer, body: resumed(first, chunks) }
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
