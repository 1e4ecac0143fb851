import type { StorageSource } from '../ports/storage.ts'
import { LazyStorage } from './storage/lazy-storage.ts'
import { PostgresStorage } from './storage/postgres-storage.ts'
import { reapPrivateFolders } from './private-folders.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** A storage that the environment names. */
export interface NamedStorage {
  /** What it is and where, secrets included: the same for the same storage. */
  readonly place: string
  readonly source: () => StorageSource
}

/** One kind of storage: what it finds in the environment, if it finds anything. */
type NamedBy = (environment: Environment) => NamedStorage | undefined

/** The first that finds something decides. */
const kinds: readonly NamedBy[] = [
  byUrl({ variable: 'DATABASE_URL', protocols: /^postgres(ql)?:/, source: (url) => new PostgresStorage(url) }),
]

/** The storage that the environment names for sessions; undefined where they live in the data directory. */
export function namedStorage(environment: Environment): NamedStorage | undefined {
  for (const namedBy of kinds) {
    const named = namedBy(environment)
    if (named !== undefined) return named
  }
  return undefined
}

/** That storage; its first opening does for this machine what that of a data directory does. */
export function environmentStorage({ source }: NamedStorage): StorageSource {
  const storage = source()
  return new LazyStorage(async () => {
    const [open] = await Promise.all([storage.open(), reapPrivateFolders()])
    return open
  })
}

/**
 * `PERDURE_<variable>`, else `<variable>`. The first may be there and empty, where the second belongs to the application
 * and Perdure is to leave it alone; the second counts only if it is a URL of this kind.
 */
function byUrl(kind: { variable: string; protocols: RegExp; source: (url: string) => StorageSource }): NamedBy {
  return (environment) => {
    const own = environment[`PERDURE_${kind.variable}`]?.trim()
    const common = environment[kind.variable]?.trim() ?? ''
    const url = own ?? (kind.protocols.test(common) ? common : '')
    return url === '' ? undefined : { place: url, source: () => kind.source(url) }
  }
}
