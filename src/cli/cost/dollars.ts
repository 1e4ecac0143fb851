import { usageError } from '../usage-error.ts'

/** An amount that a flag names. @throws {PerdureError} `invalid_request`. */
export function dollars(flag: string, written: string): number {
  const value = Number(written.replace(/^\$/, ''))
  if (written.trim() === '' || !Number.isFinite(value) || value <= 0)
    throw usageError(`--${flag} is a positive number of US dollars, not ${written}.`, `For example --${flag} 0.50`)
  return value
}
