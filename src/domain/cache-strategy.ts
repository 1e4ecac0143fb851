import type { NanoUsd } from './money.ts'

/** How long an entry of the prompt cache lives after its last use. */
export type CacheTtl = '5m' | '1h'

export const cacheTtlMs: Readonly<Record<CacheTtl, number>> = { '5m': 5 * 60_000, '1h': 60 * 60_000 }

/** How a run uses the prompt cache. Null leaves the choice to the agent, which takes five minutes. */
export interface CacheStrategy {
  /** Of the main conversation. */
  readonly main: CacheTtl | null
  readonly subAgents: CacheTtl | null
  readonly keepWarm: KeepWarm | null
}

/** The main conversation's entry is read again before it is lost, while the agent asks nothing. */
export interface KeepWarm {
  /** Longest time after the agent's last request. */
  readonly forMs: number
  /** What all of it may cost in one run at most. Null: no more than is worth it. */
  readonly maxCostNanoUsd: NanoUsd | null
}
