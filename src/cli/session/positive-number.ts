import { usageError } from '../usage-error.ts'

/** @throws {PerdureError} `invalid_request`, naming what is not a positive whole number. */
export function positiveNumber(written: string, name: string): number {
  const value = Number(written)
  if (!Number.isSafeInteger(value) || value <= 0) {
    throw usageError(`${name} is a positive whole number, not ${written}.`, `Correct ${name}.`)
  }
  return value
}
