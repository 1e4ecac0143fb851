import { isRegionalId, modelNameOf } from './model-name.ts'
import type { PriceRow, PriceTable } from './price-table.ts'
import { scalePrice } from './scale-price.ts'

/** Amazon Bedrock charges a tenth more where the id of a model binds it to a region. */
const regionalFactor = 1_100_000_000n

/**
 * The price of a model at a time. A row under the very id comes before one under the model's common name.
 * Undefined for a model that the table does not have: its price is never guessed.
 */
export function findPrice(table: PriceTable, model: string, { at }: { at: Date }): PriceRow | undefined {
  const day = at.toISOString().slice(0, 10)
  const own = latest(table, model, day)
  if (own !== undefined) return own
  const common = latest(table, modelNameOf(model), day)
  return common !== undefined && isRegionalId(model) ? scalePrice(common, regionalFactor) : common
}

function latest(table: PriceTable, model: string, day: string): PriceRow | undefined {
  let found: PriceRow | undefined
  for (const row of table) {
    if (row.model !== model || startOf(row) > day) continue
    if (found === undefined || startOf(row) >= startOf(found)) found = row
  }
  return found
}

/** Sorts before every day. */
const startOf = ({ validFrom }: PriceRow): string => validFrom ?? ''
