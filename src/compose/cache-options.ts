import { z } from 'zod'
import type { CacheStrategy, CacheTtl } from '../domain/cache-strategy.ts'
import { nanoUsdFromUsd } from '../domain/money.ts'

/** How a run uses the prompt cache of the model's service. What is left out, the agent decides: five minutes. */
export interface CacheOptions {
  /**
   * How long the main conversation stays in the cache after each request. An hour makes writing dearer (twice the
   * price of input and not 1.25 times), and pays where pauses of more than five minutes are common.
   */
  main?: CacheTtl
  /** The same for sub-agents, which seldom pause. */
  subAgents?: CacheTtl
  /**
   * Reads the main conversation's entry again shortly before it is lost, while the run goes on and the agent asks
   * nothing: a long tool call, an approval, the next message. Each reading is a model call that costs, and counts
   * as `side` in `costs` and in budgets; together they never cost more than losing the entry once would.
   */
  keepWarm?: KeepWarmOptions
}

export interface KeepWarmOptions {
  /** Longest time after the agent's last request, in milliseconds. */
  forMs: number
  /** What all readings of the run may cost at most: one that could cost more, should the entry be lost, is not made. */
  maxCostUSD?: number
}

const ttl = z.enum(['5m', '1h'], 'a ttl is 5m or 1h')

export const cacheOptionsSchema = z.strictObject({
  main: ttl.optional(),
  subAgents: ttl.optional(),
  keepWarm: z
    .strictObject({
      forMs: z.number().positive('forMs is a positive number of milliseconds'),
      maxCostUSD: z.number().positive('maxCostUSD is a positive number of US dollars').max(1_000_000).optional(),
    })
    .optional(),
})

/** Null leaves all to the agent. A replay loses no cache, and what was not recorded would stop it. */
export function cacheStrategyOf(
  options: CacheOptions | undefined,
  { isReplay }: { isReplay: boolean },
): CacheStrategy | null {
  if (options === undefined) return null
  const { main = null, subAgents = null, keepWarm } = options
  if (keepWarm === undefined || isReplay) return { main, subAgents, keepWarm: null }
  const maxCostNanoUsd = keepWarm.maxCostUSD === undefined ? null : nanoUsdFromUsd(keepWarm.maxCostUSD)
  return { main, subAgents, keepWarm: { forMs: keepWarm.forMs, maxCostNanoUsd } }
}
