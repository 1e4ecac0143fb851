import type { WorkTreePlaces } from '../work-tree.ts'
import { WorkTreeThread } from './work-tree-thread.ts'

/** A thread that is up answers some hundred milliseconds earlier, and keeps some megabytes. */
const idleMs = 60_000

/** The threads of the work trees that a process works with: one for each folder, kept warm for a while. */
export class WorkTreeThreads {
  readonly #threads = new Map<string, WorkTreeThread>()

  of(places: WorkTreePlaces): WorkTreeThread {
    const known = this.#threads.get(places.folder)
    if (known !== undefined) return known
    const thread = new WorkTreeThread(places, { idleMs })
    this.#threads.set(places.folder, thread)
    return thread
  }

  /** Waits for what is under way and ends them. A later use begins anew. */
  async close(): Promise<void> {
    const threads = [...this.#threads.values()]
    this.#threads.clear()
    await Promise.all(threads.map((thread) => thread.close()))
  }
}
