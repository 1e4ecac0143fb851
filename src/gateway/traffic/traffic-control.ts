import { systemClock, type Clock } from '../../ports/clock.ts'
import type { UpstreamRequest } from '../../ports/model-gateway.ts'
import { announceWaiting } from './announced-wait.ts'
import { Congestion, type CongestionSign, type CongestionTicket } from './congestion.ts'
import { FairQueue } from './fair-queue.ts'
import { longestWaitMs } from './longest-wait.ts'
import { LimitMeter, type TokenUse, type TrafficLimits } from './traffic-limits.ts'

export interface TrafficControlOptions {
  /** Of the key as a whole. Default: none. */
  readonly limits?: TrafficLimits
  /** Of each tenant. Default: none. */
  readonly tenantLimits?: TrafficLimits
  readonly clock?: Pick<Clock, 'monotonicMs'>
}

export interface TrafficRequest extends Pick<UpstreamRequest, 'signal' | 'notify'> {
  readonly tenant: string
  readonly model: string
  readonly inputTokens: number
}

/** Leave to ask. `note` once the answer began, `end` once it is over: whatever happens, and only once. */
export interface Admission {
  note(sign: CongestionSign): void
  end(used?: TokenUse): void
}

/** What goes on at one key, for metrics. */
export interface TrafficSnapshot {
  readonly inFlight: number
  readonly waiting: number
  /** By model that was throttled: how many may be under way at once, and for how long none may begin. */
  readonly models: Readonly<Record<string, { inFlight: number; window: number; closedForMs: number }>>
}

interface Waiter {
  readonly request: TrafficRequest
  /** Null: it is not worth while to wait. */
  readonly admit: (admission: Admission | null) => void
}

/**
 * All requests of one key, whichever run they belong to: limits are kept, tenants take turns, and when the
 * service throttles a model all who ask it slow down together.
 */
export class TrafficControl {
  readonly #options: TrafficControlOptions
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #key: LimitMeter
  readonly #tenants = new Map<string, LimitMeter>()
  /** By model: the service throttles each for itself. */
  readonly #congestion = new Map<string, Congestion>()
  readonly #queue = new FairQueue<Waiter>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: TrafficControlOptions = {}) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#key = new LimitMeter(options.limits ?? {}, this.#clock.monotonicMs())
  }

  /** Whether a limit needs to know what answers used. */
  get countsTokens(): boolean {
    const { limits, tenantLimits } = this.#options
    return [limits, tenantLimits].some((all) => (all?.inputTokensPerMinute ?? all?.outputTokensPerMinute) !== undefined)
  }

  /**
   * Waits for leave to ask. Null when the gate is closed for longer than anybody should wait.
   * @throws the signal's reason once it is aborted.
   */
  async admit(request: TrafficRequest): Promise<Admission | null> {
    const { signal, tenant, model } = request
    signal.throwIfAborted()
    if (this.closedForMs(model) > longestWaitMs) return null
    const { promise, resolve, reject } = Promise.withResolvers<Admission | null>()
    let admitted: Admission | null | undefined
    const waiter: Waiter = { request, admit: (admission) => resolve((admitted = admission)) }
    this.#queue.add(tenant, waiter)
    this.#pump()
    if (admitted !== undefined) return admitted
    const abort = (): void => {
      // One that was admitted meanwhile ends by itself.
      if (this.#queue.remove(tenant, waiter)) reject(signal.reason)
    }
    signal.addEventListener('abort', abort, { once: true })
    const stop = announceWaiting(request, () => this.#whyWaiting(request))
    try {
      return await promise
    } finally {
      stop()
      signal.removeEventListener('abort', abort)
    }
  }

  /** Nobody asks this model for so long. */
  close(model: string, forMs: number): void {
    this.#congestionOf(model).close(forMs, this.#clock.monotonicMs())
    if (this.closedForMs(model) > longestWaitMs) this.#turnAway(model)
    this.#pump()
  }

  /** Milliseconds for which nobody may ask this model; 0: it may be asked. */
  closedForMs(model: string): number {
    return this.#congestion.get(model)?.closedForMs(this.#clock.monotonicMs()) ?? 0
  }

  snapshot(): TrafficSnapshot {
    const throttled = [...this.#congestion].filter(([, { window }]) => Number.isFinite(window))
    return {
      inFlight: this.#key.inFlight,
      waiting: this.#queue.size,
      models: Object.fromEntries(
        throttled.map(([model, { inFlight, window }]) => [
          model,
          { inFlight, window: Math.floor(window), closedForMs: this.closedForMs(model) },
        ]),
      ),
    }
  }

  #turnAway(model: string): void {
    const asksIt = ({ request }: Waiter): boolean => request.model === model
    for (let next = this.#queue.takeFirst(asksIt); next; next = this.#queue.takeFirst(asksIt)) next.admit(null)
  }

  /** Admits whoever may go now, and looks again when the next one may. */
  #pump(): void {
    clearTimeout(this.#timer)
    const nowMs = this.#clock.monotonicMs()
    while (this.#key.hasRoom()) {
      const next = this.#queue.takeFirst(({ request }) => this.#mayGo(request, nowMs))
      if (next === undefined) break
      next.admit(this.#begin(next.request, nowMs))
    }
    let soonestMs = Number.POSITIVE_INFINITY
    for (const { request } of this.#queue) {
      const readyInMs = this.#readyInMs(request, nowMs)
      // Who waits for room only is admitted when a request ends.
      if (readyInMs > 0) soonestMs = Math.min(soonestMs, readyInMs)
    }
    if (Number.isFinite(soonestMs)) this.#timer = setTimeout(() => this.#pump(), soonestMs)
  }

  #mayGo(request: TrafficRequest, nowMs: number): boolean {
    return this.#hasRoom(request) && this.#readyInMs(request, nowMs) === 0
  }

  #hasRoom({ model, tenant }: TrafficRequest): boolean {
    return this.#congestionOf(model).hasRoom() && this.#key.hasRoom() && this.#tenantOf(tenant).hasRoom()
  }

  #readyInMs({ model, tenant, inputTokens }: TrafficRequest, nowMs: number): number {
    return Math.max(
      this.#congestionOf(model).closedForMs(nowMs),
      this.#key.readyInMs(inputTokens, nowMs),
      this.#tenantOf(tenant).readyInMs(inputTokens, nowMs),
    )
  }

  #whyWaiting(request: TrafficRequest): { reason: 'rate_limit' | 'concurrency'; delayMs: number | null } {
    const readyInMs = this.#readyInMs(request, this.#clock.monotonicMs())
    return readyInMs > 0 ? { reason: 'rate_limit', delayMs: readyInMs } : { reason: 'concurrency', delayMs: null }
  }

  #begin({ model, tenant, inputTokens }: TrafficRequest, nowMs: number): Admission {
    const congestion = this.#congestionOf(model)
    const meters = [this.#key, this.#tenantOf(tenant)]
    for (const meter of meters) meter.begin(inputTokens, nowMs)
    const ticket: CongestionTicket = congestion.begin()
    return {
      note: (sign) => {
        congestion.note(ticket, sign)
        this.#pump()
      },
      end: (used) => {
        congestion.end()
        const endMs = this.#clock.monotonicMs()
        for (const meter of meters) meter.end(inputTokens, used, endMs)
        this.#forgetIdle(model, tenant)
        this.#pump()
      },
    }
  }

  #tenantOf(tenant: string): LimitMeter {
    const known = this.#tenants.get(tenant)
    if (known !== undefined) return known
    const meter = new LimitMeter(this.#options.tenantLimits ?? {}, this.#clock.monotonicMs())
    this.#tenants.set(tenant, meter)
    return meter
  }

  #congestionOf(model: string): Congestion {
    const known = this.#congestion.get(model)
    if (known !== undefined) return known
    const congestion = new Congestion()
    this.#congestion.set(model, congestion)
    return congestion
  }

  /** A process that lives for months sees many tenants and models: what remembers nothing is forgotten. */
  #forgetIdle(model: string, tenant: string): void {
    const congestion = this.#congestion.get(model)
    const isUntouched = congestion?.window === Number.POSITIVE_INFINITY && this.closedForMs(model) === 0
    if (congestion?.inFlight === 0 && isUntouched) this.#congestion.delete(model)
    if (this.#options.tenantLimits === undefined && this.#tenants.get(tenant)?.inFlight === 0)
      this.#tenants.delete(tenant)
  }
}
