import { usageError } from '../usage-error.ts'

/** An event as it is written on the command line: its number (0: the beginning) or its id. @throws {PerdureError} `invalid_request`. */
export function eventFlag(written: string, name: string): number | string {
  if (written.startsWith('sevt_')) return written
  const value = Number(written)
  if (written !== '' && Number.isSafeInteger(value) && value >= 0) return value
  throw usageError(`${name} is the number of an event, or its id, not ${written}.`, 'See: perdure session events <id>')
}
