import type { StorageSource } from '../ports/storage.ts'
import { LazyStorage } from './storage/lazy-storage.ts'
import { PostgresStorage } from './storage/postgres-storage.ts'
import { RedisStorage } from './storage/redis-storage.ts'
import { S3Storage } from './storage/s3-storage.ts'
import { withCheckpointsIn } from './storage/with-checkpoints-in.ts'
import { reapPrivateFolders } from './private-folders.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** A storage that all callers of this process share. */
export interface PlacedStorage {
  /** What it is and where, secrets included: the same for the same storage. */
  readonly place: string
  readonly source: () => StorageSource
}

/** A storage that the environment names. */
export interface NamedStorage extends PlacedStorage {
  /** For display: `postgres`, `s3`. */
  readonly kind: string
  /** The variable that names it. */
  readonly variable: string
}

/** One kind of storage: what it finds in the environment, if it finds anything. */
type NamedBy = (environment: Environment) => NamedStorage | undefined

const postgres = byUrl({
  kind: 'postgres',
  variable: 'DATABASE_URL',
  protocols: /^postgres(ql)?:/,
  source: (url) => new PostgresStorage(url),
})

/** The first that finds something decides. */
const kinds: readonly NamedBy[] = [
  postgres,
  byUrl({ kind: 'redis', variable: 'REDIS_URL', protocols: /^rediss?:/, source: (url) => new RedisStorage(url) }),
]

/**
 * The storage that the environment names for sessions; undefined where they live in the data directory. Where it names S3
 * beside another, the files of checkpoints are there.
 */
export function namedStorage(environment: Environment): NamedStorage | undefined {
  const s3 = namedS3(environment)
  for (const namedBy of kinds) {
    const named = namedBy(environment)
    if (named !== undefined) return s3 === undefined ? named : beside(named, s3)
  }
  return s3
}

/** The PostgreSQL that the environment names, whatever else it names. */
export const environmentDatabaseUrl = (environment: Environment): string | undefined => postgres(environment)?.place

/** That storage; its first opening does for this machine what that of a data directory does. */
export function environmentStorage({ source }: PlacedStorage): StorageSource {
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
function byUrl(given: {
  kind: string
  variable: string
  protocols: RegExp
  source: (url: string) => StorageSource
}): NamedBy {
  return (environment) => {
    const ownVariable = `PERDURE_${given.variable}`
    const own = environment[ownVariable]?.trim()
    const common = environment[given.variable]?.trim() ?? ''
    const url = own ?? (given.protocols.test(common) ? common : '')
    if (url === '') return undefined
    const variable = own === undefined ? given.variable : ownVariable
    return { kind: given.kind, variable, place: url, source: () => given.source(url) }
  }
}

/**
 * The bucket of `PERDURE_S3_BUCKET`, which may be there and empty as well; else, at the service of `S3_ENDPOINT`, that of
 * `S3_BUCKET` or `perdure`. Everything else comes from the usual variables of AWS, which alone choose nothing.
 */
function namedS3(environment: Environment): NamedStorage | undefined {
  const own = environment['PERDURE_S3_BUCKET']?.trim()
  const endpoint = environment['S3_ENDPOINT']?.trim() ?? ''
  if (own === '' || (own === undefined && endpoint === '')) return undefined
  const bucket = own ?? (environment['S3_BUCKET']?.trim() || 'perdure')
  return {
    kind: 's3',
    variable: own === undefined ? 'S3_ENDPOINT' : 'PERDURE_S3_BUCKET',
    place: JSON.stringify(['s3', bucket, ...s3Variables.map((name) => environment[name] ?? null)]),
    source: () => new S3Storage({ bucket, ...(endpoint !== '' && { endpoint }) }),
  }
}

/** What decides which bucket of that name it is, and as whom it is used. */
const s3Variables = [
  'S3_ENDPOINT', 'AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL', 'AWS_REGION', 'AWS_PROFILE', 'AWS_ACCESS_KEY_ID',
] // prettier-ignore

const beside = (sessions: NamedStorage, checkpoints: NamedStorage): NamedStorage => ({
  kind: `${sessions.kind}, checkpoints in ${checkpoints.kind}`,
  variable: `${sessions.variable}, ${checkpoints.variable}`,
  place: JSON.stringify([sessions.place, checkpoints.place]),
  source: () => withCheckpointsIn(sessions.source(), checkpoints.source()),
})
