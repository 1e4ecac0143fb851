import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { EngineCapacity, Json } from '../../ports/run-engine.ts'
import { performRun, runCancelled, workerStopped } from '../rules/perform-run.ts'
import { recoverNode } from './brief-start.ts'
import { configurationOf } from './dbos-configuration.ts'
import { queueName } from './dbos-place.ts'
import type { RunInput } from './dbos-runs.ts'
import type { DbosNodeOptions } from './dbos-node-options.ts'
import { FleetWatch } from './fleet-watch.ts'
import { NodeLock } from './node-lock.ts'
import { registerRunWorkflow } from './run-workflow.ts'

const pollEveryMs = 75
const noLimit = 1_000_000
const roomEveryMs = 250
const rejoinEveryMs = 1_000
/** A handler that does not hear its signal keeps its run for as long as the process lives. */
const settleMs = 15_000
/** Longer than a server takes to restart, much shorter than a lease of a session. */
const graceMs = 5_000

/** A process that works on the queue of the fleet. */
export class DbosNode {
  readonly #options: DbosNodeOptions
  readonly #begun = new Map<string, { readonly abort: AbortController; readonly settled: Promise<unknown> }>()
  #working = 0
  #hasGivenBack = false
  #isStopping = false
  #id = ''
  #lock: NodeLock | null = null
  #watch: FleetWatch | null = null
  #rejoining: Promise<void> = Promise.resolve()

  constructor(options: DbosNodeOptions) {
    this.#options = options
  }

  /** @throws what the server or the network says. */
  async join(): Promise<void> {
    const { place, capacity } = this.#options
    const { DBOS } = place.sdk
    this.#id = `node_${randomUUID()}`
    this.#hasGivenBack = false
    const onLost = (error: PerdureError): void => void (this.#rejoining = this.#rejoin(error))
    this.#lock = await NodeLock.take({ place, id: this.#id, graceMs, onLost })
    try {
      registerRunWorkflow(place.sdk, (id, run, cancelSignal) => this.#perform(id, run, cancelSignal))
      DBOS.setConfig(configurationOf(place, this.#id))
      await DBOS.launch()
      await DBOS.registerQueue(queueName, { ...limitsOf(capacity), onConflict: 'always_update' })
    } catch (error) {
      await DBOS.shutdown().catch(() => {})
      await this.#lock.release()
      throw error
    }
    this.#watch = new FleetWatch({ ...this.#options, lock: this.#lock })
  }

  async stop({ drainMs }: { drainMs: number }): Promise<void> {
    this.#isStopping = true
    await this.#rejoining
    await this.#watch?.stop()
    await this.#options.place.sdk.DBOS.shutdown({ workflowCompletionTimeoutMS: drainMs })
    // What goes on in spite of its signal keeps the lock of this node, until the process ends.
    if (!(await this.#end(workerStopped()))) return
    await this.#lock?.release({ forgets: !this.#hasGivenBack || (await this.#handOver()) })
  }

  /** Gives what this node had begun to the others; false when the database is away, and they must find it themselves. */
  async #handOver(): Promise<boolean> {
    try {
      await recoverNode(this.#options.place, this.#id)
      return true
    } catch (error) {
      this.#options.capacity.onTrouble?.(PerdureError.from(error, 'storage_failed'))
      return false
    }
  }

  /** Ends all that runs here; false when something does not end. */
  async #end(reason: PerdureError): Promise<boolean> {
    const begun = [...this.#begun.values()]
    for (const { abort } of begun) abort.abort(reason)
    const late = delay(settleMs, false, { ref: false })
    return Promise.race([Promise.all(begun.map(({ settled }) => settled)).then(() => true), late])
  }

  /** What this node had begun is another’s now: it ends here before anything else, and the node begins afresh. */
  async #rejoin(error: PerdureError): Promise<void> {
    const ended = this.#end(error)
    this.#options.capacity.onTrouble?.(error)
    await ended
    await this.#watch?.stop()
    this.#watch = null
    while (!this.#isStopping) {
      try {
        await this.#options.place.sdk.DBOS.shutdown()
        return await this.join()
      } catch (failure) {
        this.#options.capacity.onTrouble?.(PerdureError.from(failure, 'storage_failed'))
        await delay(rejoinEveryMs)
      }
    }
  }

  /** One run, as the one step of its workflow. */
  async #perform(id: string, run: RunInput, cancelSignal: AbortSignal): Promise<Json> {
    const abort = new AbortController()
    const cancel = (): void => abort.abort(runCancelled())
    cancelSignal.addEventListener('abort', cancel, { once: true })
    const work = this.#work(id, { run, signal: abort.signal })
    this.#begun.set(id, { abort, settled: work })
    const end = await work.finally(() => {
      cancelSignal.removeEventListener('abort', cancel)
      this.#begun.delete(id)
    })
    if (end.status === 'completed') return end.output
    if (end.status === 'failed') throw Object.assign(new Error(end.error.message), { code: end.error.code })
    // The library writes nothing down for a run that was cancelled.
    if (end.status === 'cancelled') throw runCancelled()
    this.#hasGivenBack = true
    // A step that ended would end the run; this one goes on elsewhere.
    return new Promise(() => {})
  }

  async #work(id: string, { run, signal }: { run: RunInput; signal: AbortSignal }) {
    const { handlers } = this.#options
    await this.#room(signal)
    this.#working += 1
    try {
      const attempt = await this.#attemptOf(id, signal)
      return await performRun(handlers, run, { id, tenant: run.tenant, attempt, signal })
    } finally {
      this.#working -= 1
    }
  }

  /** The queue has one number of slots for all nodes; a smaller one, or one without room, holds what it has taken. */
  async #room(signal: AbortSignal): Promise<void> {
    const { slots, hasRoom = () => true } = this.#options.capacity
    while (!signal.aborted && (this.#working >= slots || !hasRoom())) {
      await delay(roomEveryMs, undefined, { signal }).catch(() => {})
    }
  }

  async #attemptOf(id: string, signal: AbortSignal): Promise<number> {
    while (!signal.aborted) {
      try {
        return (await this.#options.runs.get(id))?.attempt ?? 1
      } catch (error) {
        this.#options.capacity.onTrouble?.(PerdureError.from(error, 'storage_failed'))
        await delay(roomEveryMs, undefined, { signal }).catch(() => {})
      }
    }
    return 1
  }
}

const limitsOf = ({ slots, perTenant, ratePerTenant }: EngineCapacity) => ({
  workerConcurrency: slots,
  partitionConcurrency: perTenant,
  // A limit of the whole queue makes DBOS claim in serializable transactions: without one, two nodes that see different heads of a
  // tenant's queue could both take its last free place.
  globalConcurrency: noLimit,
  minPollingIntervalMs: pollEveryMs,
  ...(ratePerTenant === undefined
    ? {}
    : { partitionRateLimit: { limitPerPeriod: ratePerTenant.count, periodSec: ratePerTenant.periodMs / 1_000 } }),
})
