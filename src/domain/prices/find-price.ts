import { modelNameOf } from './model-name.ts'
import type { PriceRow, PriceTable } from './price-table.ts'

/**
 * The price of a model at a time. A row under the very id comes before one under the model's common name.
 * Undefined for a model that the table does not have: its price is never guessed.
 */
export function findPrice(table: PriceTable, model: string, { at }: { at: Date }): PriceRow | undefined {
  const day = at.toISOString().slice(0, 10)
  return latest(table, model, day) ?? latest(table, modelNameOf(model), day)
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
