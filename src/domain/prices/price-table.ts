import type { NanoUsd } from '../money.ts'

/** Nano-dollars per million tokens of each kind: whole numbers, also after a contract's multiplier. */
export interface TokenRates {
  readonly input: NanoUsd
  readonly output: NanoUsd
  readonly cacheWrite5m: NanoUsd
  readonly cacheWrite1h: NanoUsd
  readonly cacheRead: NanoUsd
}

/** Rates of calls whose whole prompt is longer than a number of tokens; they hold for all tokens of the call. */
export interface PriceTier {
  readonly abovePromptTokens: number
  readonly standard: TokenRates
  /** Null where fast mode costs what the standard one costs. */
  readonly fast: TokenRates | null
}

export interface ModelPrice {
  /** From the shortest prompts to the longest. The first holds from the first token on. */
  readonly tiers: readonly [PriceTier, ...PriceTier[]]
  readonly webSearchRequestNanoUsd: NanoUsd
  /** What tokens cost when they are processed in the United States alone, in percent of the rates. */
  readonly usInferencePercent: bigint
}

/** One price of one model, from a day on. */
export interface PriceRow extends ModelPrice {
  /** The name without date and platform, or the exact id that the row is for. */
  readonly model: string
  /** First day in UTC, `2026-10-07`. Null: no price before this one is known. */
  readonly validFrom: string | null
  /** Where the numbers come from. */
  readonly source: string
}

/** In any order. */
export type PriceTable = readonly PriceRow[]
