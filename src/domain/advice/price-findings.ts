import { ratesAt } from '../prices/cost-of-call.ts'
import { findPrice } from '../prices/find-price.ts'
import type { ModelPrice, PriceTable, TokenRates } from '../prices/price-table.ts'
import type { AdviceRow } from './conversations.ts'
import type { CostFinding } from './cost-finding.ts'

/** What the prices themselves tell: prompts of a dearer length, models without a price or without one's own. */
export function priceFindings(
  rows: readonly AdviceRow[],
  { prices, hasOwnPrices }: { prices: PriceTable; hasOwnPrices: boolean },
): CostFinding[] {
  const byModel = Map.groupBy(
    rows.filter(({ group, calls }) => calls > 0 && group.model != null),
    ({ group }) => group.model!,
  )
  return [...byModel].flatMap(([model, ofModel]) => {
    const price = findPrice(prices, model, { at: lastOf(ofModel) })
    if (price === undefined) return [{ ...summary(model, ofModel), code: 'unpriced', ...ownPrice(model) } as const]
    const found: CostFinding[] = longPrompts(model, { rows: ofModel, price })
    if (hasOwnPrices && price.source !== 'own') {
      found.push({ ...summary(model, ofModel), code: 'list_price', ...ownPrice(model) })
    }
    return found
  })
}

const lastOf = (rows: readonly AdviceRow[]): Date =>
  new Date(Math.max(...rows.map(({ group }) => Date.parse(`${group.minute}Z`))))

const summary = (model: string, rows: readonly AdviceRow[]) => ({
  model,
  role: null,
  sessions: new Set(rows.map(({ group }) => group.session)).size,
  calls: rows.reduce((sum, { calls }) => sum + calls, 0),
  savesNanoUsd: 0n,
  certainty: 'exact' as const,
})

const ownPrice = (model: string) => ({ option: 'prices', value: `a row for ${model}` })

function longPrompts(model: string, { rows, price }: { rows: readonly AdviceRow[]; price: ModelPrice }): CostFinding[] {
  const above = price.tiers[1]?.abovePromptTokens
  if (above === undefined) return []
  const long = rows.filter((row) => promptOf(row) > above)
  const short = price.tiers[0].standard
  const savesNanoUsd = long.reduce((sum, row) => {
    const rates = ratesAt(price, promptOf(row))
    return sum + (costAt(row, rates) - costAt(row, short))
  }, 0n)
  if (savesNanoUsd <= 0n) return []
  const change = { option: 'env', value: `{ CLAUDE_CODE_AUTO_COMPACT_WINDOW: '${above}' }` }
  return [{ ...summary(model, long), code: 'long_prompts', savesNanoUsd, certainty: 'at_most', ...change }]
}

/** Of an average call: the ledger tells sums. */
const promptOf = (row: AdviceRow): number =>
  (row.inputTokens + row.cacheReadInputTokens + row.cacheWrite5mInputTokens + row.cacheWrite1hInputTokens) / row.calls

const costAt = (row: AdviceRow, rates: TokenRates): bigint =>
  (BigInt(row.inputTokens) * rates.input +
    BigInt(row.outputTokens) * rates.output +
    BigInt(row.cacheReadInputTokens) * rates.cacheRead +
    BigInt(row.cacheWrite5mInputTokens) * rates.cacheWrite5m +
    BigInt(row.cacheWrite1hInputTokens) * rates.cacheWrite1h) /
  1_000_000n
