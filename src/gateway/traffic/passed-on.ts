export interface PassingOn {
  /** What was read of them already; empty where nothing was. */
  readonly start?: Uint8Array
  /** How each further piece is waited for. */
  readonly wait?: (step: Promise<IteratorResult<Uint8Array>>) => Promise<IteratorResult<Uint8Array>>
}

/** Pieces of an answer, as they come. Read to its end or cut, the source is over; left by its reader, it has to be told. */
export async function* passedOn(
  chunks: AsyncIterator<Uint8Array>,
  { start, wait = (step) => step }: PassingOn,
): AsyncGenerator<Uint8Array, void> {
  let isOver = false
  try {
    if (start !== undefined && start.length > 0) yield start
    while (true) {
      const next = await wait(chunks.next())
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
