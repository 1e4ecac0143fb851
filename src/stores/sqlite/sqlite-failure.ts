import { PerdureError } from '../../errors/perdure-error.ts'

/** Primary result codes of SQLite (https://sqlite.org/rescode.html): another connection is in the way. */
const busyCodes = new Set([5, 6])

/** True when SQLite refused because another connection is writing, so the same call may succeed soon. */
export function isBusy(error: unknown): boolean {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return false
  return busyCodes.has(error.errcode & 0xff)
}

/** What the database threw, in Perdure's terms. */
export function storageFailure(error: unknown, place: string): PerdureError {
  if (PerdureError.is(error)) return error
  const message = error instanceof Error ? error.message : String(error)
  return new PerdureError('storage_failed', `the database ${place} failed: ${message}`, {
    cause: error,
    details: { place },
  })
}

export const storageBusy = (place: string, waitedMs: number): PerdureError =>
  new PerdureError(
    'storage_busy',
    `the database ${place} was locked by another process for ${Math.round(waitedMs)} ms`,
    {
      details: { place, waited_ms: Math.round(waitedMs) },
    },
  )
