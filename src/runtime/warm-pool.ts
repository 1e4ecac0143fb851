import { setTimeout as delay } from 'node:timers/promises'
import { PerdureError } from '../errors/perdure-error.ts'
import { endAgent, type StartedAgent } from './start-agent.ts'

export interface WarmPoolOptions {
  /** How many agents are kept ready. */
  readonly size: number
  /** How long one is kept before it is replaced. */
  readonly maxIdleMs: number
  readonly start: () => Promise<StartedAgent>
  /** An agent could not be started ahead; runs start their own, and say what is wrong. */
  readonly onFailure: (error: unknown) => void
}

interface Spare {
  readonly started: StartedAgent
  readonly expiry: NodeJS.Timeout
}

/** An agent that is not ready by then will not be. */
const longestStartMs = 60_000
/** A start costs what the run that took the last one needs for its first answer. */
const refillDelayMs = 1_000
/** After a failed start the next is tried no sooner than this. */
const retryMs = 5_000

/**
 * Agents that are up before anybody needs them. All are alike and each serves one run: what a run
 * has touched is never handed to another.
 */
export class WarmPool {
  readonly #options: WarmPoolOptions
  readonly #spares: Spare[] = []
  #filling: Promise<void> | null = null
  #isClosed = false
  #retryAtMs = 0
  #refill: NodeJS.Timeout | undefined

  constructor(options: WarmPoolOptions) {
    this.#options = options
  }

  /** One that is ready, or null; the pool starts the next, a little later. */
  take(): StartedAgent | null {
    const spare = this.#spares.shift()
    if (spare !== undefined) clearTimeout(spare.expiry)
    if (!this.#isClosed) this.#refill ??= setTimeout(() => void this.fill(), refillDelayMs).unref()
    return spare?.started ?? null
  }

  /** One that was taken and has been told nothing is as good as before. */
  putBack(started: StartedAgent): void {
    this.#add(started)
  }

  /** Starts what is missing, one after the other; resolves when all are ready, or one could not be started. */
  fill(): Promise<void> {
    clearTimeout(this.#refill)
    this.#refill = undefined
    this.#filling ??= this.#fill().finally(() => (this.#filling = null))
    return this.#filling
  }

  /** Ends all that are ready, and starts no more. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#refill)
    await this.#filling
    await Promise.all(this.#spares.splice(0).map((spare) => end(spare)))
  }

  async #fill(): Promise<void> {
    while (!this.#isClosed && this.#spares.length < this.#options.size && performance.now() >= this.#retryAtMs) {
      try {
        this.#add(await this.#startOne())
      } catch (error) {
        this.#retryAtMs = performance.now() + retryMs
        this.#options.onFailure(error)
      }
    }
  }

  async #startOne(): Promise<StartedAgent> {
    const started = await this.#options.start()
    const isUp = await isReady(started)
    if (isUp) return started
    await endAgent(started)
    // Its reports tell why, by what they throw.
    for await (const _report of started.agent.reports) continue
    throw new PerdureError(
      'agent_start_failed',
      `An agent was not ready within ${longestStartMs} ms, or ended at once.`,
    )
  }

  #add(started: StartedAgent): void {
    const expiry = setTimeout(() => void this.#replace(spare), this.#options.maxIdleMs)
    expiry.unref()
    const spare: Spare = { started, expiry }
    this.#spares.push(spare)
    void started.agent.ended.then(() => this.#replace(spare))
  }

  /** One that grew old or died makes room for a fresh one. */
  async #replace(spare: Spare): Promise<void> {
    const index = this.#spares.indexOf(spare)
    if (index === -1) return
    this.#spares.splice(index, 1)
    void this.fill()
    await end(spare)
  }
}

/** Whether it is up; not when it ended instead, or takes too long. */
async function isReady({ agent }: StartedAgent): Promise<boolean> {
  let hasEnded = false
  void agent.ended.then(() => (hasEnded = true))
  const giveUp = new AbortController()
  const tooLate = delay(longestStartMs, true, { signal: giveUp.signal, ref: false }).catch(() => true)
  const isLate = await Promise.race([agent.ready.then(() => false), tooLate])
  giveUp.abort()
  return !isLate && !hasEnded
}

async function end({ started, expiry }: Spare): Promise<void> {
  clearTimeout(expiry)
  await endAgent(started)
}
