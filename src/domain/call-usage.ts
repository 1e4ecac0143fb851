/** What one model call used, in the kinds of tokens that have a price of their own. */
export interface CallUsage {
  /** Input that was neither read from the cache nor written to it. */
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cacheReadInputTokens: number
  /** Written to the cache for five minutes, and for an hour. */
  readonly cacheWrite5mInputTokens: number
  readonly cacheWrite1hInputTokens: number
  readonly webSearchRequests: number
  readonly speed: 'standard' | 'fast'
  /** Where the service says that it ran only in the United States, which has a price. */
  readonly inferenceGeo: 'us' | null
}

export const noCallUsage: CallUsage = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadInputTokens: 0,
  cacheWrite5mInputTokens: 0,
  cacheWrite1hInputTokens: 0,
  webSearchRequests: 0,
  speed: 'standard',
  inferenceGeo: null,
}

/** All input of a call, whatever it cost: the size that decides its price tier. */
export const promptTokensOf = (usage: CallUsage): number =>
  usage.inputTokens + usage.cacheReadInputTokens + usage.cacheWrite5mInputTokens + usage.cacheWrite1hInputTokens
