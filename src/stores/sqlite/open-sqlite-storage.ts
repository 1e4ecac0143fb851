import { closeSync, fsyncSync, openSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { Storage } from '../../ports/storage.ts'
import { createSqlStorage, type SqlStorageOptions } from '../sql/create-sql-storage.ts'
import { makePrivateFolder } from './make-private-folder.ts'
import { openSqliteBackend } from './sqlite-backend.ts'

export const databaseFileName = 'perdure.db'

export type SqliteStorageOptions = SqlStorageOptions & {
  /** How long a write may wait for other processes before it fails with `storage_busy`; 10 seconds by default. */
  readonly busyTimeoutMs?: number
} & (
    | { /** Folder of the database, created for its owner alone. */ readonly dataDirectory: string }
    | { /** The database file itself. */ readonly file: string }
  )

/**
 * Opens the stores in one SQLite file, which several processes of one machine may share. What is
 * acknowledged is on the disk.
 * @throws {PerdureError} `storage_failed`, `storage_busy`, `storage_schema_too_new`.
 */
export async function openSqliteStorage(options: SqliteStorageOptions): Promise<Storage> {
  const file = resolve('file' in options ? options.file : join(options.dataDirectory, databaseFileName))
  createPrivateFile(file)
  const backend = await openSqliteBackend({ file, busyTimeoutMs: options.busyTimeoutMs ?? 10_000 })
  try {
    return await createSqlStorage(backend, options)
  } catch (error) {
    await backend.close()
    throw error
  }
}

/** SQLite gives its side files the mode of the database, so the mode must be right before they are made. */
function createPrivateFile(file: string): void {
  try {
    const created = makePrivateFolder(dirname(file))
    closeSync(openSync(file, 'a', 0o600))
    if (created !== undefined) syncDirectory(dirname(created))
  } catch (error) {
    throw new PerdureError('storage_failed', `cannot create the database ${file}: ${(error as Error).message}`, {
      cause: error,
      details: { place: file },
    })
  }
}

/** Makes the name of a new folder outlive a loss of power. */
function syncDirectory(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
