import { FilesystemStorage, PostgresStorage, RedisStorage, SqliteStorage, type StorageSource } from '../../src/index.ts'

/** Where a session lives, as one process tells another. */
export type Place =
  | { readonly kind: 'sqlite'; readonly dataDirectory: string }
  | { readonly kind: 'filesystem'; readonly folder: string }
  | { readonly kind: 'postgres'; readonly url: string; readonly schema: string }
  | { readonly kind: 'redis'; readonly url: string; readonly keyPrefix: string }

export function storageAt(place: Place): StorageSource {
  switch (place.kind) {
    case 'sqlite':
      return new SqliteStorage({ dataDirectory: place.dataDirectory })
    case 'filesystem':
      return new FilesystemStorage(place.folder)
    case 'postgres':
      return new PostgresStorage({ url: place.url, schema: place.schema })
    case 'redis':
      return new RedisStorage({ url: place.url, keyPrefix: place.keyPrefix })
  }
}
