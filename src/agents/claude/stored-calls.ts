import type { TranscriptEntry } from '../../ports/transcript-store.ts'
import { callsIn } from './tool-blocks.ts'

/** The agent stores what it says within some hundredths of a second; one that does not is not waited for. */
const longestWaitMs = 2_000

/**
 * Which tool calls stand in the stored transcript. A person may be asked about a call only then: whoever resumes the session
 * after a crash, on whatever machine, must find there what the answer is about.
 */
export class StoredCalls {
  readonly #stored = new Set<string>()
  readonly #waiting = new Map<string, () => void>()

  /** These entries are durable. */
  note(entries: readonly TranscriptEntry[]): void {
    for (const { id } of entries.flatMap(callsIn)) {
      this.#stored.add(id)
      this.#waiting.get(id)?.()
    }
  }

  /** Resolves once the call stands there, or the wait is over. */
  async whenStored(toolUseId: string): Promise<void> {
    if (this.#stored.has(toolUseId)) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, longestWaitMs)
    this.#waiting.set(toolUseId, resolve)
    await promise
    clearTimeout(timer)
    this.#waiting.delete(toolUseId)
  }
}
