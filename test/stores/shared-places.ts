import { freshSchema, sharedPostgresUrl } from '../support/shared-postgres.ts'
import type { StoragePlace } from './storage-place.ts'
import { temporaryDirectories } from './temporary-directory.ts'

/** The backends that processes may share, each with what makes a new, empty place in it. For `describe.each`. */
export function sharedPlaces(): [name: string, newPlace: () => Promise<StoragePlace>][] {
  const newDirectory = temporaryDirectories()
  return [
    ['SQLite', async () => ({ dataDirectory: newDirectory() })],
    ['PostgreSQL', async () => ({ url: await sharedPostgresUrl(), schema: freshSchema() })],
  ]
}
