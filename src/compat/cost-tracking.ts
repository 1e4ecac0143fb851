import { usdFromNanoUsd, type NanoUsd } from '../domain/money.ts'
import { findPrice } from '../domain/prices/find-price.ts'
import { listPrices } from '../domain/prices/list-prices.ts'
import type { TokenRates } from '../domain/prices/price-table.ts'
import { PerdureError } from '../errors/perdure-error.ts'

export interface TokenUsage {
  /** Tokens that neither came from the cache nor went into it. */
  promptTokens: number
  completionTokens: number
  /** Read from the cache. */
  cachedTokens?: number
  /** Written to the cache, for five minutes. */
  cacheWriteTokens?: number
  /** Written to the cache, for an hour. */
  cacheWrite1hTokens?: number
}

export interface E2BUsage {
  durationSeconds: number
  cpuCount: number
}

/** Dollars. */
export interface CostBreakdown {
  claude: {
    promptTokens: number
    completionTokens: number
    cachedTokens: number
    /** Written to the cache, for however long. */
    cacheWriteTokens?: number
    promptCost: number
    completionCost: number
    cachedCost: number
    cacheWriteCost?: number
    totalCost: number
  }
  e2b: { durationSeconds: number; cpuCount: number; cost: number }
  total: number
}

/** Dollars per second and CPU of an E2B sandbox; memory is billed on top of it. */
const e2bCpuSecondUsd = 0.000014

/**
 * What tokens cost at list prices.
 * @throws {PerdureError} `model_not_found` for a model whose price is not known; `invalid_request` for
 * counts that are none, or whose price depends on how they were divided into requests.
 */
export function calculateCost(model: string, tokenUsage: TokenUsage, e2bUsage?: E2BUsage): CostBreakdown {
  const { promptTokens, completionTokens, cachedTokens = 0 } = tokenUsage
  const { cacheWriteTokens: written5m = 0, cacheWrite1hTokens: written1h = 0 } = tokenUsage
  const { durationSeconds, cpuCount } = e2bUsage ?? { durationSeconds: 0, cpuCount: 0 }
  refuseImpossible({ ...tokenUsage, durationSeconds, cpuCount })
  const rates = ratesFor(model, promptTokens + cachedTokens + written5m + written1h)
  const costs = {
    promptCost: usdOf(promptTokens, rates.input),
    completionCost: usdOf(completionTokens, rates.output),
    cachedCost: usdOf(cachedTokens, rates.cacheRead),
    cacheWriteCost: usdOf(written5m, rates.cacheWrite5m) + usdOf(written1h, rates.cacheWrite1h),
  }
  const totalCost = costs.promptCost + costs.completionCost + costs.cachedCost + costs.cacheWriteCost
  const cost = durationSeconds * cpuCount * e2bCpuSecondUsd
  const tokens = { promptTokens, completionTokens, cachedTokens, cacheWriteTokens: written5m + written1h }
  return {
    claude: { ...tokens, ...costs, totalCost },
    e2b: { durationSeconds, cpuCount, cost },
    total: totalCost + cost,
  }
}

/** Of tokens at a rate in nano-dollars per million. */
const usdOf = (tokens: number, rate: NanoUsd): number => (tokens * usdFromNanoUsd(rate)) / 1e6

function ratesFor(model: string, promptTokens: number): TokenRates {
  const price = findPrice(listPrices, model, { at: new Date() })
  if (price === undefined) {
    throw new PerdureError('model_not_found', `The price of ${model} is not known.`, {
      hint: `Prices are known of ${[...new Set(listPrices.map((row) => row.model))].join(', ')}.`,
      details: { model },
    })
  }
  const [short, long] = price.tiers
  if (long !== undefined && promptTokens > long.abovePromptTokens) {
    throw new PerdureError('invalid_request', `The price of ${model} changes with the length of each prompt.`, {
      hint: `The cost of a sum of requests is known up to ${long.abovePromptTokens} prompt tokens.`,
      details: { model, promptTokens },
    })
  }
  return short.standard
}

function refuseImpossible(amounts: object): void {
  for (const [name, amount] of Object.entries(amounts)) {
    if (amount === undefined || (Number.isFinite(amount) && amount >= 0)) continue
    throw new PerdureError('invalid_request', `${name} is not an amount: ${String(amount)}`)
  }
}

/** The breakdown as lines of text. */
export function formatCost({ claude, e2b, total }: CostBreakdown): string {
  const line = (name: string, tokens: number, cost: number): string =>
    `  ${name}: ${tokens.toLocaleString('en-US')} tokens ($${cost.toFixed(4)})`
  const { cacheWriteTokens = 0, cacheWriteCost = 0 } = claude
  return [
    'Claude',
    line('Prompt', claude.promptTokens, claude.promptCost),
    line('Completion', claude.completionTokens, claude.completionCost),
    ...(claude.cachedTokens > 0 ? [line('Cache read', claude.cachedTokens, claude.cachedCost)] : []),
    ...(cacheWriteTokens > 0 ? [line('Cache write', cacheWriteTokens, cacheWriteCost)] : []),
    `  Total: $${claude.totalCost.toFixed(4)}`,
    ...(e2b.durationSeconds > 0
      ? [`E2B: ${e2b.durationSeconds.toFixed(1)} s on ${e2b.cpuCount} CPUs ($${e2b.cost.toFixed(4)})`]
      : []),
    `Total: $${total.toFixed(4)}`,
  ].join('\n')
}

/** The last `usage` object of an agent's output, zeros where there is none. */
export function parseTokenUsage(stdout: string): TokenUsage {
  const usage = lastUsage(stdout)
  const count = (name: string, source = usage): number => (typeof source[name] === 'number' ? source[name] : 0)
  const creation = usage['cache_creation']
  const written = count('cache_creation_input_tokens')
  const written1h = isRecord(creation) ? count('ephemeral_1h_input_tokens', creation) : 0
  return {
    promptTokens: count('input_tokens'),
    completionTokens: count('output_tokens'),
    cachedTokens: count('cache_read_input_tokens'),
    ...(written > written1h ? { cacheWriteTokens: written - written1h } : {}),
    ...(written1h > 0 ? { cacheWrite1hTokens: written1h } : {}),
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

function lastUsage(stdout: string): Record<string, unknown> {
  const starts = [...stdout.matchAll(/"usage"\s*:\s*\{/g)].map((match) => match.index + match[0].length - 1)
  for (const start of starts.toReversed()) {
    const usage = objectAt(stdout, start)
    if (usage !== null) return usage
  }
  return {}
}

/** The JSON object that begins at `start`; usage has few levels and no braces in its strings. */
function objectAt(text: string, start: number): Record<string, unknown> | null {
  for (let end = text.indexOf('}', start); end !== -1; end = text.indexOf('}', end + 1)) {
    try {
      const value: unknown = JSON.parse(text.slice(start, end + 1))
      return isRecord(value) ? value : null
    } catch {
      // Not its own brace yet; a usage object is short.
      if (end - start > 10_000) return null
    }
  }
  return null
}
