import type { NanoUsd } from './money.ts'

/** Tokens and money of a turn, a run or a session; sub-agents are included. */
export interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cacheReadInputTokens: number
  readonly cacheCreationInputTokens: number
  readonly modelRequests: number
  readonly costNanoUsd: NanoUsd
}

export const noUsage: Usage = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadInputTokens: 0,
  cacheCreationInputTokens: 0,
  modelRequests: 0,
  costNanoUsd: 0n,
}

export const addUsage = (left: Usage, right: Usage): Usage => ({
  inputTokens: left.inputTokens + right.inputTokens,
  outputTokens: left.outputTokens + right.outputTokens,
  cacheReadInputTokens: left.cacheReadInputTokens + right.cacheReadInputTokens,
  cacheCreationInputTokens: left.cacheCreationInputTokens + right.cacheCreationInputTokens,
  modelRequests: left.modelRequests + right.modelRequests,
  costNanoUsd: left.costNanoUsd + right.costNanoUsd,
})

/** Usage as callers and files get it: JSON has no bigint. */
export type UsageReport = Omit<Usage, 'costNanoUsd'> & { readonly costNanoUsd: string }

export const reportUsage = (usage: Usage): UsageReport => ({ ...usage, costNanoUsd: usage.costNanoUsd.toString() })
