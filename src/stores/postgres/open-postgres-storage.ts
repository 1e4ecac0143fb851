import type { Storage } from '../../ports/storage.ts'
import { createSqlStorage } from '../sql/create-sql-storage.ts'
import { isOwnerGoneOfMachines } from '../leases/process-liveness.ts'
import { openPostgresBackend } from './postgres-backend.ts'
import { postgresSettings, type PostgresStorageOptions } from './postgres-options.ts'

/**
 * Opens the stores in a PostgreSQL, which processes of many machines may share. What is acknowledged is as
 * durable as the server makes its commits. Needs the package `pg`.
 * @throws {PerdureError} `storage_failed`, `storage_busy`, `storage_schema_too_new`, `configuration_invalid`.
 */
export async function openPostgresStorage(options: PostgresStorageOptions): Promise<Storage> {
  const backend = await openPostgresBackend(postgresSettings(options))
  try {
    return await createSqlStorage(backend, { isOwnerGone: isOwnerGoneOfMachines, ...options })
  } catch (error) {
    await backend.close()
    throw error
  }
}
