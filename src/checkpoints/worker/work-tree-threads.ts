import { availableParallelism } from 'node:os'
import type { WorkTreePlaces } from '../work-tree.ts'
import { CheckpointThread, type WorkTreeThread } from './checkpoint-thread.ts'

/** More would wait for the disk together. */
const mostThreads = Math.min(4, availableParallelism())

/** What is forgotten is known to another thread, perhaps, which reads the tree anew. */
const mostPlaces = 10_000

/** Of a process that is about to end. What is still saved then, nobody waits for any more. */
const patienceMs = 5_000

/** The few threads of a process for all its work trees. A tree stays with its thread, which knows its files. */
export class WorkTreeThreads {
  readonly #threads: CheckpointThread[] = []
  readonly #places = new Map<string, CheckpointThread>()

  of(places: WorkTreePlaces): WorkTreeThread {
    const thread = this.#places.get(places.folder) ?? this.#leastBusy()
    this.#places.delete(places.folder)
    this.#places.set(places.folder, thread)
    const [oldest] = this.#places.keys()
    if (this.#places.size > mostPlaces) this.#places.delete(oldest!)
    return thread.of(places)
  }

  /** Waits a little for what is under way and ends them. A later use begins anew. */
  async close(): Promise<void> {
    const threads = this.#threads.splice(0)
    this.#places.clear()
    await Promise.all(threads.map((thread) => thread.close({ patienceMs })))
  }

  #leastBusy(): CheckpointThread {
    const [first] = this.#threads.toSorted((a, b) => a.load - b.load)
    if (first !== undefined && (first.load === 0 || this.#threads.length >= mostThreads)) return first
    const thread = new CheckpointThread()
    this.#threads.push(thread)
    return thread
  }
}
