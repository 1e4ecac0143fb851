import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { usdFromNanoUsd, type NanoUsd } from '../src/domain/money.ts'
import { listPrices } from '../src/domain/prices/list-prices.ts'
import type { PriceRow, PriceTier, TokenRates } from '../src/domain/prices/price-table.ts'

/** The table as the page shows it, without the padding of its cells. */
const header = '| model | input | output | write, 5 min | write, 1 h | read | fast: input / output / read | source |'

const usd = (amount: NanoUsd): string => String(usdFromNanoUsd(amount))

function lineOf({ model, validFrom, source, tiers }: PriceRow, tier: PriceTier): string {
  const { standard, fast } = tier
  const until = listPrices.find((row) => row.model === model && row.validFrom !== null && validFrom === null)?.validFrom
  const conditions = [
    validFrom === null ? '' : ` from ${validFrom}`,
    until === undefined ? '' : ` before ${until}`,
    tiers.length > 1 && tier.abovePromptTokens === 0 ? `, prompt ≤ ${tiers[1]!.abovePromptTokens}` : '',
    tier.abovePromptTokens > 0 ? `, prompt > ${tier.abovePromptTokens}` : '',
  ]
  const rates: (keyof TokenRates)[] = ['input', 'output', 'cacheWrite5m', 'cacheWrite1h', 'cacheRead']
  const cells = [
    `\`${model}\`${conditions.join('')}`,
    ...rates.map((kind) => usd(standard[kind])),
    fast === null ? '–' : [fast.input, fast.output, fast.cacheRead].map(usd).join(' / '),
    source,
  ]
  return `| ${cells.join(' | ')} |`
}

test('the page of prices shows the table', () => {
  const page = readFileSync(new URL('../docs/reference/prices.md', import.meta.url), 'utf8')
  const shown = page
    .split('\n')
    .filter((line) => line.startsWith('|') && !line.startsWith('| -'))
    .map((line) => line.replace(/ +\|/g, ' |'))
  const expected = listPrices.flatMap((row) => row.tiers.map((tier) => lineOf(row, tier)))
  expect(shown).toEqual([header, ...expected])
})
