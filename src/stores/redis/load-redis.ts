import type * as Redis from 'redis'
import { PerdureError } from '../../errors/perdure-error.ts'

/**
 * The package `redis`, which only users of Redis install.
 * @throws {PerdureError} `storage_failed` when it is not installed.
 */
export async function loadRedis(): Promise<typeof Redis> {
  try {
    return await import('redis')
  } catch (error) {
    throw new PerdureError('storage_failed', 'The package redis is not installed, or not whole.', {
      hint: 'npm install redis',
      cause: error,
    })
  }
}
