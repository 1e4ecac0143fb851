import { cacheTtlMs, type CacheTtl } from './cache-strategy.ts'
import { noCallUsage, promptTokensOf, type CallUsage } from './call-usage.ts'
import type { NanoUsd } from './money.ts'
import { costOfCall } from './prices/cost-of-call.ts'
import type { ModelPrice } from './prices/price-table.ts'

export interface KeepWarmQuestion {
  /** What the conversation's last request used. */
  readonly usage: CallUsage
  readonly ttl: CacheTtl
  /** Longest time to keep it warm. */
  readonly forMs: number
}

/** What keeping a conversation's cache warm costs, and what it can save. */
export interface KeepWarmPrice {
  /** One reading of the entry: the prompt again, and one token of an answer. */
  readonly pingNanoUsd: NanoUsd
  /** A reading that finds the entry gone, and writes it. */
  readonly worstPingNanoUsd: NanoUsd
  /** What the next request costs more where the entry is gone: the prompt is written, and not read. */
  readonly lossNanoUsd: NanoUsd
  /** Time from the last use of the entry to the next reading. */
  readonly everyMs: number
  /** Readings that are worth it: together they cost at most one loss. Never more than fit in the time. */
  readonly pings: number
  readonly totalNanoUsd: NanoUsd
  /** How long after the last request the entry lives, with all readings. */
  readonly warmForMs: number
}

/** When an entry is read again, as a share of its life: a tenth is left for a slow way to the service. */
const pingAt = 0.9

export const keepWarmEveryMs = (ttl: CacheTtl): number => cacheTtlMs[ttl] * pingAt

/**
 * The rule: an entry is read again only while all readings since the last request cost no more than losing it once
 * would. So a pause that would have lost the entry, and ends while it is warm, is never dearer than without; one that
 * outlasts all readings costs at most a second loss. How long a pause lasts, nobody knows beforehand.
 */
export function keepWarmPrice({ usage, ttl, forMs }: KeepWarmQuestion, price: ModelPrice): KeepWarmPrice {
  const prompt = promptTokensOf(usage)
  const cached = prompt - usage.inputTokens
  const place = { speed: usage.speed, inferenceGeo: usage.inferenceGeo }
  const costOf = (part: Partial<CallUsage>): NanoUsd => costOfCall({ ...noCallUsage, ...place, ...part }, price)
  const written = ttl === '1h' ? { cacheWrite1hInputTokens: cached } : { cacheWrite5mInputTokens: cached }
  const answer = { inputTokens: usage.inputTokens, outputTokens: 1 }
  const pingNanoUsd = costOf({ cacheReadInputTokens: cached, ...answer })
  const worstPingNanoUsd = costOf({ ...written, ...answer })
  const loss = worstPingNanoUsd - pingNanoUsd
  const lossNanoUsd = loss > 0n ? loss : 0n
  const everyMs = keepWarmEveryMs(ttl)
  const fitting = Math.floor(forMs / everyMs)
  const worthwhile = pingNanoUsd > 0n ? Number(lossNanoUsd / pingNanoUsd) : 0
  const pings = Math.min(fitting, worthwhile)
  return {
    pingNanoUsd,
    worstPingNanoUsd,
    lossNanoUsd,
    everyMs,
    pings,
    totalNanoUsd: BigInt(pings) * pingNanoUsd,
    warmForMs: pings * everyMs + cacheTtlMs[ttl],
  }
}
