import type { PerdureError } from '../errors/perdure-error.ts'

/**
 * Where work is queued and run: on this machine, or by a fleet. One piece of work is a run; what it resumes from after a
 * crash is the session that its input names, never the engine. A run may be begun again after its node died: at least once.
 */
export interface RunEngine {
  /**
   * Joins those who work on what is queued, or stands by for them. Without it an engine only submits and asks.
   * @throws {PerdureError} `invalid_request`, `storage_failed`.
   */
  start(handlers: RunHandlers, capacity: EngineCapacity): Promise<void>
  /**
   * Queues a run; durable when it resolves. The same id twice runs once, as long as the engine remembers the run.
   * @throws {PerdureError} `invalid_request`; `storage_failed`.
   */
  submit(kind: string, input: Json, options: SubmitOptions): Promise<void>
  /** Takes a waiting run out of the queue; a running one ends by its signal, wherever it runs. Does nothing to one that has ended. */
  cancel(id: string): Promise<void>
  status(id: string): Promise<EngineRun | null>
  /** Newest first. */
  runs(filter?: RunFilter): Promise<EngineRun[]>
  /**
   * Submits a run at each time of a cron expression (UTC); replaces a schedule of that name. Of the times that pass while
   * no node is up, the last is made up for, once.
   * @throws {PerdureError} `invalid_request`.
   */
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

/**
 * By kind. What a handler throws is the run's failure; it is not repeated. What it throws after its signal was aborted is
 * none: the run is cancelled, or another node takes it up, as the signal's reason says.
 */
export type RunHandlers = Readonly<Record<string, (input: Json, context: RunContext) => Promise<Json>>>

export interface RunContext {
  readonly id: string
  readonly tenant: string
  /** 1 for the first; more after the death of a node, or when one handed the run over. */
  readonly attempt: number
  /**
   * Aborts with a {@link PerdureError}: `cancelled`; `worker_stopped` when the node drains too long, and `lease_lost` when
   * it may own the run no more: then nothing may be written any more.
   */
  readonly signal: AbortSignal
}

export interface EngineCapacity {
  /** Runs at the same time on this node. */
  readonly slots: number
  /** Runs of one tenant at the same time, over all nodes. */
  readonly perTenant: number
  /** Runs of one tenant that may begin in a period, over all nodes; absent: any number. */
  readonly ratePerTenant?: { readonly count: number; readonly periodMs: number }
  /** Asked before a run is begun: whether this machine has room for one more now. */
  readonly hasRoom?: () => boolean
  /** A node that hangs for so long loses its work to others, where the engine can take it. Default: 60 seconds. */
  readonly hungAfterMs?: number
  /** Hears what goes wrong outside of runs, such as an outage of the database; the engine goes on trying. */
  readonly onTrouble?: (error: PerdureError) => void
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

export interface RunFilter {
  readonly tenant?: string
  readonly status?: EngineRun['status']
  /** 100 when left out. */
  readonly limit?: number
}

export interface EngineRun {
  readonly id: string
  readonly tenant: string
  readonly kind: string
  readonly input: Json
  readonly status: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled'
  /** 0 while it has never begun. */
  readonly attempt: number
  readonly submittedAt: Date
  readonly endedAt: Date | null
  /** What the handler returned. */
  readonly output?: Json
  readonly error?: { readonly code: string; readonly message: string }
}

/** Smaller first. */
export const defaultPriority = 100

/** A run that takes its node with it is not begun for ever. */
export const maxAttempts = 100
