import { PostgresStorage } from '../stores/postgres/postgres-storage.ts'
import type { Storage, StorageSource } from '../ports/storage.ts'
import { reapPrivateFolders } from './private-folders.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The PostgreSQL that the environment names for sessions: `PERDURE_DATABASE_URL`, else `DATABASE_URL`. Undefined where
 * they live in the data directory: the first is there and empty, or the second is of another kind of database.
 */
export function databaseUrlOf(environment: Environment): string | undefined {
  const own = environment['PERDURE_DATABASE_URL']
  if (own !== undefined) return own.trim() || undefined
  const common = environment['DATABASE_URL']?.trim()
  return common !== undefined && /^postgres(ql)?:/.test(common) ? common : undefined
}

/** The storage in that database; its first opening does for this machine what that of a data directory does. */
export function environmentDatabase(url: string): StorageSource {
  const database = new PostgresStorage(url)
  let opened: Promise<Storage> | undefined
  return {
    open: () => {
      opened ??= Promise.all([database.open(), reapPrivateFolders()]).then(
        ([storage]) => storage,
        (error: unknown) => {
          opened = undefined
          throw error
        },
      )
      return opened
    },
    close: () => database.close(),
  }
}
