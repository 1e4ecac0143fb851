import { openPostgresStorage } from '../../stores/postgres/open-postgres-storage.ts'
import type { PostgresStorageOptions } from '../../stores/postgres/postgres-options.ts'
import { checkStorageOptions } from './check-storage-options.ts'
import { LazyStorage } from './lazy-storage.ts'

const example = "new PostgresStorage('postgres://user:password@host:5432/database')"

/** Sessions in a PostgreSQL, for processes of many machines. Needs the package `pg` (`npm install pg`). */
export class PostgresStorage extends LazyStorage {
  /** Takes `postgres://user:password@host:5432/database`, or options. */
  constructor(options: string | PostgresStorageOptions) {
    super(async () => {
      const named = typeof options === 'string' ? { url: options } : options
      return openPostgresStorage(checkStorageOptions(named, example))
    })
  }
}
