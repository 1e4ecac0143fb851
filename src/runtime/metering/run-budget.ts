import type { NanoUsd } from '../../domain/money.ts'

/** The limit of one run's own costs. */
export interface RunBudget {
  readonly limitNanoUsd: NanoUsd
  /** `pause`: the turn ends, what waits is kept. `abort`: the agent is ended at once. `warn`: it is only said. */
  readonly onExceeded: 'abort' | 'pause' | 'warn'
  readonly thresholds: readonly number[]
}
