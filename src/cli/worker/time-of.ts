import { usageError } from '../usage-error.ts'

/** @throws {PerdureError} `invalid_request`. */
export function timeOf(written: string): Date {
  const time = new Date(written)
  if (!Number.isNaN(time.getTime())) return time
  throw usageError(`This is no time: ${written}`, 'Write it as 2030-01-31T09:00Z.')
}
