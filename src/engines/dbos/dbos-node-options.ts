import type { EngineCapacity, RunHandlers } from '../../ports/run-engine.ts'
import type { DbosPlace } from './dbos-place.ts'
import type { DbosRuns } from './dbos-runs.ts'
import type { DbosSchedules } from './dbos-schedules.ts'

export interface DbosNodeOptions {
  readonly place: DbosPlace
  readonly runs: DbosRuns
  readonly schedules: DbosSchedules
  readonly handlers: RunHandlers
  readonly capacity: EngineCapacity
  readonly retentionMs: number
}
