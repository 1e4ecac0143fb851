import type * as DbosSdk from '@dbos-inc/dbos-sdk'
import type Pg from 'pg'
import { PerdureError } from '../../errors/perdure-error.ts'

/**
 * The packages of the distributed engine, which only its users install.
 * @throws {PerdureError} `storage_failed` when one is not installed.
 */
export async function loadDbos(): Promise<{ sdk: typeof DbosSdk; pg: Omit<typeof Pg, 'PG'> }> {
  try {
    const [sdk, pg] = await Promise.all([import('@dbos-inc/dbos-sdk'), import('pg')])
    return { sdk, pg: pg.default }
  } catch (error) {
    throw new PerdureError(
      'storage_failed',
      'The packages of the distributed engine are not installed, or not whole.',
      {
        hint: 'npm install @dbos-inc/dbos-sdk@5.3 pg',
        cause: error,
      },
    )
  }
}
