import type { Storage } from '../../src/ports/storage.ts'
import { openPostgresStorage } from '../../src/stores/postgres/open-postgres-storage.ts'
import { openSqliteStorage } from '../../src/stores/sqlite/open-sqlite-storage.ts'

/** Where several processes find the same sessions; can be told to another process as JSON. */
export type StoragePlace = { readonly dataDirectory: string } | { readonly url: string; readonly schema: string }

export const openPlace = (place: StoragePlace): Promise<Storage> =>
  'url' in place ? openPostgresStorage(place) : openSqliteStorage(place)
