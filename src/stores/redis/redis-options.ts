import type { ConnectionOptions as TlsOptions } from 'node:tls'
import { rememberSecret } from '../../domain/known-secrets.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { LeaseOwner } from '../../ports/lease.ts'
import type { RedisClient } from './given-connection.ts'

export interface RedisStorageOptions {
  /** `redis://user:password@host:6379/0`, or `rediss://…` for TLS. Needs the package `redis`. */
  readonly url?: string
  /** Options of `node:tls` for a `rediss` URL: `ca`, `cert`, `key` … */
  readonly tls?: TlsOptions
  /** A connected client of yours instead, of the package `redis` or `ioredis`. It is used and never closed. */
  readonly client?: RedisClient
  /** What all keys begin with; several in one Redis are several storages. Default: `perdure`. */
  readonly keyPrefix?: string
  /** How long one answer of the server, and a ledger that others write, is waited for. Default: 10 seconds. */
  readonly busyTimeoutMs?: number
  /** How long reads and writes wait for a server that went away, before they fail with `storage_failed`. Default: 30 seconds. */
  readonly outageTimeoutMs?: number
  /** True only when the owner of a lease provably lives no more; looks at this machine's processes by default. */
  readonly isOwnerGone?: (owner: LeaseOwner) => boolean
}

export interface RedisSettings {
  readonly keyPrefix: string
  readonly busyTimeoutMs: number
  readonly outageTimeoutMs: number
}

/** @throws {PerdureError} `configuration_invalid`. */
export function redisSettings(options: RedisStorageOptions): RedisSettings {
  const { keyPrefix = 'perdure', busyTimeoutMs = 10_000, outageTimeoutMs = 30_000 } = options
  if (!/^[\w.:/-]{1,64}$/.test(keyPrefix)) {
    throw new PerdureError('configuration_invalid', `"${keyPrefix}" is no prefix for keys`, {
      hint: 'Use letters, digits and _ . : / -, at most 64.',
    })
  }
  if ((options.url === undefined) === (options.client === undefined)) {
    throw new PerdureError('configuration_invalid', 'a Redis storage needs a URL or a client, and not both', {
      hint: "new RedisStorage('redis://127.0.0.1:6379')",
    })
  }
  return { keyPrefix, busyTimeoutMs, outageTimeoutMs }
}

/** Nothing of the text may get into an error: it holds the password. @throws {PerdureError} `configuration_invalid`. */
export function redisUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !['redis:', 'rediss:'].includes(url.protocol)) {
    throw new PerdureError('configuration_invalid', 'the URL of the storage is no URL of a Redis', {
      hint: 'It is written redis://user:password@host:6379/0; special characters of a password as %40 and the like.',
    })
  }
  for (const secret of [url.password, decodeURIComponent(url.password)]) rememberSecret(secret)
  return url
}
