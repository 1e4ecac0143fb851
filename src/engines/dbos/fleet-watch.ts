import { setTimeout as delay } from 'node:timers/promises'
import { PerdureError } from '../../errors/perdure-error.ts'
import { recoverNode } from './brief-start.ts'
import type { DbosNodeOptions } from './dbos-node-options.ts'
import type { NodeLock } from './node-lock.ts'

export type FleetWatchOptions = Pick<DbosNodeOptions, 'place' | 'runs' | 'schedules' | 'capacity' | 'retentionMs'> & {
  readonly lock: NodeLock
}

const oneMinuteMs = 60_000
const schedulesEveryMs = 400
const nodesEveryMs = 500
const retentionEveryMs = 10 * 60_000
/** After an outage every node comes back; one that has not yet is not dead. */
const outageOverMs = 3_000

/** What each node does for all: takes over from the dead, submits what schedules have due, forgets old runs. */
export class FleetWatch {
  readonly #options: FleetWatchOptions
  readonly #silentMs: number
  readonly #over = new AbortController()
  readonly #loops: Promise<void>

  constructor(options: FleetWatchOptions) {
    this.#options = options
    const { schedules, runs, lock, retentionMs } = options
    this.#silentMs = options.capacity.hungAfterMs ?? oneMinuteMs
    const tasks = [
      this.#each(schedulesEveryMs, () => schedules.fire(runs)),
      this.#each(nodesEveryMs, () => this.#sweep()),
      this.#each(this.#silentMs / 4, () => lock.beat()),
      this.#each(retentionEveryMs, () => runs.removeEndedBefore(new Date(Date.now() - retentionMs))),
    ]
    this.#loops = Promise.all(tasks).then(() => {})
  }

  async stop(): Promise<void> {
    this.#over.abort()
    await this.#loops
  }

  async #each(everyMs: number, task: () => Promise<void>): Promise<void> {
    const { signal } = this.#over
    while (!signal.aborted) {
      try {
        await task()
      } catch (error) {
        this.#options.capacity.onTrouble?.(PerdureError.from(error, 'storage_failed'))
      }
      await delay(everyMs, undefined, { signal }).catch(() => {})
    }
  }

  async #sweep(): Promise<void> {
    const { lock, place } = this.#options
    if (lock.heldForMs < outageOverMs) return
    for (const { id, isSilent } of await lock.others(this.#silentMs)) {
      const isDead = await lock.ofDead(id, () => recoverNode(place, id))
      if (!isDead && isSilent) await lock.cutOff(id)
    }
  }
}
