import type Pg from 'pg'
import { PerdureError } from '../../errors/perdure-error.ts'

/**
 * The package `pg`, which only users of PostgreSQL install.
 * @throws {PerdureError} `storage_failed` when it is not installed.
 */
export async function loadPg(): Promise<Omit<typeof Pg, 'PG'>> {
  try {
    return (await import('pg')).default
  } catch (error) {
    throw new PerdureError('storage_failed', 'The package pg is not installed, or not whole.', {
      hint: 'npm install pg',
      cause: error,
    })
  }
}
