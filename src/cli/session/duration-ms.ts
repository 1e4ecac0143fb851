import { usageError } from '../usage-error.ts'

const unitsMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** A time as people write it: `30d`, `12h`. @throws {PerdureError} `invalid_request`, naming what is none. */
export function durationMs(written: string, name: string): number {
  const [, number, unit = ''] = /^(\d+)\s*([smhdw])$/.exec(written.trim()) ?? []
  const unitMs = unitsMs[unit]
  if (number !== undefined && unitMs !== undefined) return Number(number) * unitMs
  throw usageError(`${name} is a time such as 30d or 12h, not ${written}.`, 'Use s, m, h, d or w after the number.')
}
