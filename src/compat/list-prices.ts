/** Dollars per million tokens. */
export interface ListPrice {
  readonly input: number
  readonly output: number
  readonly cacheWrite5m: number
  readonly cacheWrite1h: number
  readonly cacheRead: number
  /** The price holds for requests up to so many prompt tokens. */
  readonly upToPromptTokens?: number
}

/** Cache writes cost 1.25 times the input where they last five minutes, twice the input where they last an hour. */
const price = (input: number, output: number, cacheRead: number): ListPrice => ({
  input,
  output,
  cacheWrite5m: input * 1.25,
  cacheWrite1h: input * 2,
  cacheRead,
})

/**
 * List prices of the Claude API in November 2026: what version 2.1.329 of the `claude` binary charges in
 * `total_cost_usd`, measured for each kind of token, compared with Anthropic's pricing page where the
 * page has the model. Without surcharges: fast mode, regional inference, web search; without the batch discount.
 */
export const listPrices: Readonly<Record<string, ListPrice>> = {
  'claude-opus-5-5': price(4, 20, 0.2),
  'claude-opus-5': price(5, 25, 0.5),
  'claude-opus-4-8': price(5, 25, 0.5),
  'claude-opus-4-7': price(5, 25, 0.5),
  'claude-opus-4-6': price(5, 25, 0.5),
  'claude-opus-4-5': price(5, 25, 0.5),
  'claude-sonnet-5-5': price(2, 10, 0.1),
  'claude-sonnet-5': price(2, 10, 0.2),
  'claude-sonnet-4-6': price(3, 15, 0.3),
  'claude-sonnet-4-5': price(3, 15, 0.3),
  'claude-haiku-5-5': { ...price(0.1, 0.5, 0.01), upToPromptTokens: 100_000 },
  'claude-haiku-4-5': price(1, 5, 0.1),
}

/** The price of a model, with or without the date of its version. */
export const listPriceOf = (model: string): ListPrice | undefined => {
  const name = model.replace(/\[1m\]$/, '').replace(/-\d{8}$/, '')
  return Object.hasOwn(listPrices, name) ? listPrices[name] : undefined
}
