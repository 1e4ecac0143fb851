import { rememberSecret } from '../../domain/known-secrets.ts'
import { PerdureError } from '../../errors/perdure-error.ts'

export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  /** When a function is asked for new ones. */
  readonly expiration?: Date
}

/** What is not named comes from where all AWS tools look: variables, profiles, single sign-on, roles of containers and machines. */
export interface S3Options {
  readonly bucket: string
  /** All keys begin with it; several prefixes of one bucket are several storages. Default: none. */
  readonly prefix?: string
  /** `https://…` of a service that is not AWS; else `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, else AWS. */
  readonly endpoint?: string
  /** Default: `AWS_REGION`, else the profile's, else `us-east-1` where an endpoint is named. */
  readonly region?: string
  readonly credentials?: S3Credentials | (() => Promise<S3Credentials>)
  /** The bucket in the path, not in the host name. Default: true where an endpoint is named. */
  readonly forcePathStyle?: boolean
  /** Make the bucket when it is missing. Default: true where an endpoint is named; names at AWS are the world's. */
  readonly createBucket?: boolean
  /** How long reads and writes wait for a service that is away or overloaded, before they fail. Default: 30 seconds. */
  readonly outageTimeoutMs?: number
}

/** The options with their defaults. */
export interface S3Settings {
  readonly bucket: string
  /** Empty, or ends with a slash. */
  readonly prefix: string
  readonly createBucket: boolean
  readonly outageTimeoutMs: number
  /** Bucket, prefix and host, without secrets. */
  readonly place: string
  /** As the client of S3 takes them. */
  readonly client: {
    readonly endpoint?: string
    readonly region?: string
    readonly forcePathStyle: boolean
    readonly credentials?: () => Promise<S3Credentials>
  }
}

type Environment = Readonly<Record<string, string | undefined>>

/** @throws {PerdureError} `configuration_invalid` for what is no bucket or no URL; `option_not_supported` for directory buckets. */
export function s3Settings(options: S3Options, environment: Environment = process.env): S3Settings {
  const { bucket, createBucket, outageTimeoutMs = 30_000 } = options
  checkBucket(bucket)
  const prefix = options.prefix?.replace(/^\/+|\/+$/g, '') ?? ''
  const named = options.endpoint ?? environment['AWS_ENDPOINT_URL_S3'] ?? environment['AWS_ENDPOINT_URL']
  const endpoint = named === undefined || named === '' ? undefined : urlOf(named)
  const isElsewhere = endpoint !== undefined
  const region = options.region ?? environment['AWS_REGION'] ?? environment['AWS_DEFAULT_REGION']
  const credentials = options.credentials && remembering(options.credentials)
  return {
    bucket,
    prefix: prefix === '' ? '' : `${prefix}/`,
    createBucket: createBucket ?? isElsewhere,
    outageTimeoutMs,
    place: `s3 ${[bucket, prefix].filter(Boolean).join('/')}${isElsewhere ? ` at ${new URL(endpoint).host}` : ''}`,
    client: {
      ...(isElsewhere && { endpoint }),
      ...(region ? { region } : isElsewhere && { region: 'us-east-1' }),
      ...(credentials && { credentials }),
      forcePathStyle: options.forcePathStyle ?? isElsewhere,
    },
  }
}

function checkBucket(bucket: string): void {
  if (typeof bucket !== 'string') {
    throw new PerdureError('configuration_invalid', 'a storage in S3 needs the name of a bucket', {
      hint: "new S3Storage({ bucket: 'acme-perdure' }); where the name comes from a variable, set it.",
    })
  }
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/.test(bucket)) {
    throw new PerdureError('configuration_invalid', `"${bucket}" is no name for a bucket of S3`)
  }
  // They list in no order, and cannot begin after a key.
  if (bucket.endsWith('--x-s3')) {
    throw new PerdureError('option_not_supported', `${bucket} is a directory bucket (S3 Express)`, {
      hint: 'Name a general purpose bucket.',
    })
  }
}

/** Nothing of the text may get into an error: it could hold a password. */
function urlOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new PerdureError('configuration_invalid', 'the endpoint of S3 is no URL', {
      hint: 'It is written https://host or http://host:9000.',
    })
  }
  if (url.username !== '' || url.password !== '') {
    throw new PerdureError('configuration_invalid', 'the endpoint of S3 holds a user or password', {
      hint: 'Name them by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
    })
  }
  return url.href
}

function remembering(given: S3Credentials | (() => Promise<S3Credentials>)): () => Promise<S3Credentials> {
  if (typeof given !== 'function') rememberCredentials(given)
  return async () => {
    const credentials = typeof given === 'function' ? await given() : given
    rememberCredentials(credentials)
    return credentials
  }
}

/** So that they are hidden in whatever is shown. */
export function rememberCredentials({ secretAccessKey, sessionToken = '' }: S3Credentials): void {
  rememberSecret(secretAccessKey)
  rememberSecret(sessionToken)
}
