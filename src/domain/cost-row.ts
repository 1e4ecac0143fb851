import type { NanoUsd } from './money.ts'

/** By what the costs of calls can be summed up. */
export const costDimensions = [
  'run', 'session', 'thread', 'user', 'tag', 'model', 'upstream', 'kind', 'minute', 'hour', 'day', 'month',
] as const // prettier-ignore
export type CostDimension = (typeof costDimensions)[number]
/** An operator, who sees all workspaces, may ask by them as well. */
export type OrganizationCostDimension = CostDimension | 'workspace'

export interface CostRow<Dimension extends string = CostDimension> {
  /**
   * Value of each dimension asked for; times as `2026-11-21`, `2026-11-21T14`, `2026-11-21T14:05`, `2026-11`. Null for no user, no
   * tag, the main thread, and for what is only presumed: nobody knows the model of a call that was never heard of again.
   */
  readonly group: Readonly<Partial<Record<Dimension, string | null>>>
  /** Calls that were entered; a presumed one is none. */
  readonly calls: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cacheReadInputTokens: number
  readonly cacheWrite5mInputTokens: number
  readonly cacheWrite1hInputTokens: number
  readonly webSearchRequests: number
  readonly costNanoUsd: NanoUsd
  readonly listCostNanoUsd: NanoUsd
  readonly presumedNanoUsd: NanoUsd
  /** Calls of a model without a price. */
  readonly unpricedCalls: number
}
