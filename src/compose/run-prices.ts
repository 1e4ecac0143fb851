import { readFile } from 'node:fs/promises'
import { listPrices } from '../domain/prices/list-prices.ts'
import { overridePrices, priceOverridesSchema, type PriceOverrides } from '../domain/prices/override-prices.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import type { RunPrices } from '../ports/model-gateway.ts'

/**
 * The prices of a run: the public list, and what this account pays, which is the list where nothing else is
 * given. A text is the path of a JSON file.
 * @throws {PerdureError} `invalid_request`, with the place in the file.
 */
export async function runPricesOf(own: PriceOverrides | string | undefined): Promise<RunPrices> {
  if (own === undefined) return { billed: listPrices, list: listPrices }
  const name = typeof own === 'string' ? own : 'prices'
  const checked = priceOverridesSchema.safeParse(typeof own === 'string' ? await readJson(own) : own)
  if (!checked.success) {
    const [issue] = checked.error.issues
    throw invalid(name, [...(issue?.path ?? []), issue?.message].join(': '))
  }
  try {
    return { billed: overridePrices(listPrices, checked.data), list: listPrices }
  } catch (cause) {
    throw cause instanceof RangeError ? invalid(name, cause.message, cause) : cause
  }
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    throw invalid(path, cause instanceof Error ? cause.message : 'cannot be read', cause)
  }
}

const invalid = (name: string, reason: string, cause?: unknown): PerdureError =>
  new PerdureError('invalid_request', `${name}: ${reason}`, { details: { prices: name }, cause })
