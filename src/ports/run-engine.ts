/**
 * Where work is queued and run: on this machine, or by a fleet. One piece of work is a run; what it resumes from after a
 * crash is the session that its input names, never the engine. A run may be begun again after its node died: at least once.
 */
export interface RunEngine {
  /** Begins to work on what is queued. Without it an engine only submits. @throws {PerdureError} `engine_busy`, `storage_failed`. */
  start(handlers: RunHandlers, capacity: EngineCapacity): Promise<void>
  /**
   * Queues a run; durable when it resolves. The same id twice runs once.
   * @throws {PerdureError} `invalid_request`; `storage_failed`.
   */
  submit(kind: string, input: Json, options: SubmitOptions): Promise<void>
  /** Takes a waiting run out of the queue; a running one ends by its signal, wherever it runs. Does nothing to one that has ended. */
  cancel(id: string): Promise<void>
  status(id: string): Promise<EngineRun | null>
  /** Submits a run at each time of a cron expression (UTC); replaces a schedule of that name. @throws {PerdureError} `invalid_request`. */
  schedule(schedule: RunSchedule): Promise<void>
  /** Does nothing when there is none. */
  unschedule(tenant: string, name: string): Promise<void>
  schedules(tenant?: string): Promise<RunSchedule[]>
  /** How many runs each tenant has running now, over all nodes. */
  active(): Promise<{ tenant: string; count: number }[]>
  /** Takes no more work, waits for what runs, aborts the rest after `drainMs` so that another node takes it up; then lets go. */
  stop(options: { drainMs: number }): Promise<void>
}

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** By kind. What a handler throws is the run's failure; it is not repeated. */
export type RunHandlers = Readonly<Record<string, (input: Json, context: RunContext) => Promise<Json>>>

export interface RunContext {
  readonly id: string
  readonly tenant: string
  /** 1 for the first; more after the death of a node. */
  readonly attempt: number
  /** Aborts when the run is cancelled, when its node drains too long, and when the node may own it no more. */
  readonly signal: AbortSignal
}

export interface EngineCapacity {
  /** Runs at the same time on this node. */
  readonly slots: number
  /** Runs of one tenant at the same time, over all nodes. */
  readonly perTenant: number
  /** Runs of one tenant that may begin in a period, over all nodes; absent: any number. */
  readonly ratePerTenant?: { readonly count: number; readonly periodMs: number }
  /** Asked before a run is taken: whether this machine has room for one more now. */
  readonly hasRoom?: () => boolean
}

export interface SubmitOptions {
  readonly id: string
  readonly tenant: string
  /** Smaller first; 100 when left out. */
  readonly priority?: number
  readonly startAt?: Date
}

export interface RunSchedule {
  readonly tenant: string
  readonly name: string
  readonly cron: string
  readonly kind: string
  readonly input: Json
}

export interface EngineRun {
  readonly id: string
  readonly tenant: string
  readonly kind: string
  readonly status: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled'
  readonly attempt: number
  /** What the handler returned. */
  readonly output?: Json
  readonly error?: { readonly code: string; readonly message: string }
}
