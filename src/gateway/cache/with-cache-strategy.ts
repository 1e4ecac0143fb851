import type { CacheStrategy } from '../../domain/cache-strategy.ts'
import type { ModelUpstream, RunAccount } from '../../ports/model-gateway.ts'
import { withCacheTtl } from './with-cache-ttl.ts'
import type { Timer } from './timer.ts'
import { withKeepWarm } from './with-keep-warm.ts'

export interface CachedRun {
  readonly strategy: CacheStrategy
  /** Null where nobody pays: nothing is kept warm then. */
  readonly account: (() => RunAccount) | null
  /** Asked for readings that keep the cache warm. */
  readonly pinged: ModelUpstream
  readonly timer: Timer
}

/**
 * An upstream that uses the prompt cache as a run wants it. Stands between the agent and whatever bounds and meters
 * its calls, so that a request is bounded by what is really asked for.
 */
export function withCacheStrategy(
  upstream: ModelUpstream,
  { strategy, account, pinged, timer }: CachedRun,
): { readonly upstream: ModelUpstream; close(): Promise<void> } {
  const { keepWarm } = strategy
  if (keepWarm === null || account === null) {
    return { upstream: withCacheTtl(upstream, strategy), close: async () => {} }
  }
  const warm = withKeepWarm(upstream, { keepWarm, account, pinged, timer })
  return { upstream: withCacheTtl(warm, strategy), close: () => warm.close() }
}
