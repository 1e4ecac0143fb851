import type { ConnectionOptions as TlsOptions } from 'node:tls'
import { rememberSecret } from '../../domain/known-secrets.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import { postgresUrl } from '../../ports/postgres-url.ts'
import type { SqlStorageOptions } from '../sql/create-sql-storage.ts'

/** Where the database is. What is not named comes from the usual variables (`PGHOST`, `PGUSER`, `PGPASSWORD` …). */
export interface PostgresPlace {
  /** `postgres://user:password@host:5432/database?sslmode=verify-full`; wins over the fields below. */
  readonly url?: string
  readonly host?: string
  readonly port?: number
  readonly database?: string
  readonly user?: string
  /** A function is asked for each new connection, for passwords that expire. */
  readonly password?: string | (() => string | Promise<string>)
  /** `true` for TLS with a verified certificate, or the options of `node:tls`. */
  readonly ssl?: boolean | TlsOptions
}

export interface PostgresStorageOptions extends PostgresPlace, SqlStorageOptions {
  /** The schema of Perdure's tables alone, made when it is missing: small letters, digits and `_`. Default: `perdure`. */
  readonly schema?: string
  /** The most connections of this process, besides one that listens. Default: 10. */
  readonly maxConnections?: number
  /** How long a write may wait for others, and for a free connection, before it fails with `storage_busy`. Default: 10 seconds. */
  readonly busyTimeoutMs?: number
  /** How long reads and writes wait for a server that went away, before they fail with `storage_failed`. Default: 30 seconds. */
  readonly outageTimeoutMs?: number
  /** The longest that the server may work on one statement. Default: 30 seconds. */
  readonly statementTimeoutMs?: number
}

/** The options with their defaults, as `pg` takes them. */
export interface PostgresSettings {
  readonly schema: string
  readonly busyTimeoutMs: number
  readonly outageTimeoutMs: number
  readonly maxConnections: number
  readonly client: Readonly<Record<string, unknown>>
}

export const defaultSchema = 'perdure'

/** @throws {PerdureError} `configuration_invalid` for what is no URL of a PostgreSQL, or no name for a schema. */
export function postgresSettings(options: PostgresStorageOptions): PostgresSettings {
  const { schema = defaultSchema, statementTimeoutMs = 30_000, busyTimeoutMs = 10_000 } = options
  checkSchema(schema)
  const { url, host, port, database, user, password, ssl } = options
  if (typeof password === 'string') rememberSecret(password)
  const named = Object.entries({ host, port, database, user, password, ssl }).filter(([, value]) => value !== undefined)
  const server = `-c search_path=${schema} -c lock_timeout=${busyTimeoutMs} -c default_transaction_isolation=read\\ committed`
  const place = url === undefined ? { options: server } : { connectionString: completeUrl(url, server) }
  return {
    schema,
    busyTimeoutMs,
    outageTimeoutMs: options.outageTimeoutMs ?? 30_000,
    maxConnections: options.maxConnections ?? 10,
    client: {
      ...Object.fromEntries(named),
      ...place,
      application_name: 'perdure',
      connectionTimeoutMillis: busyTimeoutMs,
      statement_timeout: statementTimeoutMs,
      // A process that stops in the middle of a transaction must not hold its locks for ever.
      idle_in_transaction_session_timeout: 2 * statementTimeoutMs,
      keepAlive: true,
    },
  }
}

function checkSchema(schema: string): void {
  // It stands in the settings of a connection and in the name of a channel, which has at most 63 bytes.
  if (!/^[a-z_][a-z0-9_]{0,47}$/.test(schema)) {
    throw new PerdureError('configuration_invalid', `"${schema}" is no name for a schema`, {
      hint: 'Use small letters, digits and _, at most 48.',
    })
  }
  if (/^(public|information_schema|pg_.*)$/.test(schema)) {
    throw new PerdureError('configuration_invalid', `the schema "${schema}" holds tables of others`, {
      hint: 'Name one for Perdure alone, which is made when it is missing; the default is perdure.',
    })
  }
}

function completeUrl(text: string, serverOptions: string): string {
  const url = postgresUrl(text)
  url.searchParams.set('options', [url.searchParams.get('options'), serverOptions].filter(Boolean).join(' '))
  return url.href
}
