import { setTimeout as delay } from 'node:timers/promises'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { EngineCapacity, RunHandlers } from '../../ports/run-engine.ts'
import { performRun, runCancelled, workerStopped, type RunEnd } from '../rules/perform-run.ts'
import { fireSchedules } from './fire-schedules.ts'
import type { OwnerLock } from './owner-lock.ts'
import type { RunRows, TakenRun } from './run-rows.ts'
import type { ScheduleRows } from './schedule-rows.ts'
import { TenantLimits } from './tenant-limits.ts'

export interface LocalNodeOptions {
  readonly lock: OwnerLock
  readonly runs: RunRows
  readonly schedules: ScheduleRows
  readonly handlers: RunHandlers
  readonly capacity: EngineCapacity
  readonly retentionMs: number
}

const everyMs = 50
const standbyEveryMs = 250
const sweepEveryMs = 60_000
/** A handler that does not hear its signal keeps its run, and this directory, for as long as it goes on. */
const settleMs = 15_000

/** Works on the queue of a data directory while it owns it; until then it stands by. */
export class LocalNode {
  readonly #options: LocalNodeOptions
  readonly #limits: TenantLimits
  readonly #running = new Map<string, { readonly abort: AbortController; readonly done: Promise<void> }>()
  readonly #loop: Promise<void>
  #isOwner = false
  #isStopping = false
  /** What ends now ends too late to be written down; whoever takes over begins it again. */
  #isOver = false
  #sweptMs = Number.NEGATIVE_INFINITY
  #wake = Promise.withResolvers<void>()

  constructor(options: LocalNodeOptions) {
    this.#options = options
    this.#limits = new TenantLimits(options.capacity)
    this.#loop = this.#work()
  }

  /** There may be something new. */
  wake(): void {
    this.#wake.resolve()
  }

  async stop({ drainMs }: { drainMs: number }): Promise<void> {
    this.#isStopping = true
    this.wake()
    await this.#loop
    const ended = async (): Promise<void> => {
      await Promise.all([...this.#running.values()].map(({ done }) => done))
    }
    await within(drainMs, ended())
    for (const { abort } of this.#running.values()) abort.abort(workerStopped())
    const released = ended().then(() => this.#options.lock.release())
    await within(settleMs, released)
    this.#isOver = true
  }

  async #work(): Promise<void> {
    while (!this.#isStopping) {
      this.#wake = Promise.withResolvers()
      try {
        if (this.#isOwner || (await this.#takeOver())) await this.#tick()
      } catch (error) {
        this.#options.capacity.onTrouble?.(PerdureError.from(error, 'storage_failed'))
      }
      await within(this.#isOwner ? everyMs : standbyEveryMs, this.#wake.promise)
    }
  }

  async #takeOver(): Promise<boolean> {
    const { lock, runs, capacity } = this.#options
    if (!lock.tryTake()) return false
    await runs.giveBackAll()
    const since = Date.now() - (capacity.ratePerTenant?.periodMs ?? 0)
    for (const { tenant, atMs } of await runs.startedSince(since)) this.#limits.startedAt(tenant, atMs)
    this.#isOwner = true
    return true
  }

  async #tick(): Promise<void> {
    const { runs, schedules, retentionMs, capacity } = this.#options
    await fireSchedules(schedules, { runs, now: new Date() })
    for (const id of await runs.unwanted()) this.#running.get(id)?.abort.abort(runCancelled())
    while (!this.#isStopping && this.#running.size < capacity.slots && (capacity.hasRoom?.() ?? true)) {
      const nowMs = Date.now()
      const run = await runs.take({ nowMs, heldTenants: this.#limits.held(nowMs) })
      if (run === null) break
      this.#limits.startedAt(run.tenant, nowMs)
      this.#begin(run)
    }
    if (performance.now() - this.#sweptMs < sweepEveryMs) return
    this.#sweptMs = performance.now()
    await runs.removeEndedBefore(Date.now() - Math.max(retentionMs, capacity.ratePerTenant?.periodMs ?? 0))
  }

  #begin(run: TakenRun): void {
    const abort = new AbortController()
    this.#limits.begun(run.tenant)
    const done = performRun(this.#options.handlers, run, { ...run, signal: abort.signal })
      .then((end) => this.#writeEnd(run, end))
      .finally(() => {
        this.#running.delete(run.id)
        this.#limits.ended(run.tenant)
        this.wake()
      })
    this.#running.set(run.id, { abort, done })
  }

  /** Does not give up: a run whose end nobody knows would be run again. */
  async #writeEnd(run: TakenRun, end: RunEnd): Promise<void> {
    while (!this.#isOver) {
      try {
        return await this.#options.runs.end(run, end)
      } catch (error) {
        this.#options.capacity.onTrouble?.(PerdureError.from(error, 'storage_failed'))
        await delay(everyMs)
      }
    }
  }
}

/** Waits for it, or for so long. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const over = new AbortController()
  const timer = delay(ms, undefined, { signal: over.signal }).catch(() => {})
  await Promise.race([work, timer])
  over.abort()
}
