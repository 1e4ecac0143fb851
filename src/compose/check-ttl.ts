import { PerdureError } from '../errors/perdure-error.ts'

/** A hundred years: what is longer no storage can count. */
const longestTtlSeconds = 100 * 366 * 24 * 60 * 60

/** @throws {PerdureError} `invalid_request`. */
export function checkTtl(ttlSeconds: number | null): void {
  if (ttlSeconds === null || (ttlSeconds > 0 && ttlSeconds <= longestTtlSeconds)) return
  throw new PerdureError('invalid_request', 'Option ttl must be a positive number of seconds, at most a hundred years.')
}
