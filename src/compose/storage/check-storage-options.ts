import { PerdureError } from '../../errors/perdure-error.ts'
import type { StorageSource } from '../../ports/storage.ts'

/**
 * What a storage class was given, if that is options: callers without types hand over anything, and whoever reads an
 * environment variable that is not set hands over undefined. The value may be a secret, and is not shown.
 * @throws {PerdureError} `configuration_invalid`, with the right call as its hint.
 */
export function checkStorageOptions<Options extends object>(given: Options, example: string): Options {
  if (isObject(given)) return given
  throw missing(`a storage was made of ${given === undefined ? 'nothing' : kindOf(given)}`, example)
}

/** A path that is named: an empty one would be the current directory. @throws {PerdureError} `configuration_invalid`. */
export function checkStoragePath(path: unknown, example: string): void {
  if (typeof path !== 'string' || path === '') throw missing('a storage on this machine needs a path', example)
}

/** @throws {PerdureError} `invalid_request` for what is no storage, as the client of a database is none. */
export function checkStorage(storage: StorageSource): StorageSource {
  if (isObject(storage) && typeof storage.open === 'function' && typeof storage.close === 'function') return storage
  throw new PerdureError('invalid_request', `Option storage must be a storage, not ${kindOf(storage)}.`, {
    hint: 'Make one of it: new RedisStorage(client), new PostgresStorage(url), new SqliteStorage({ file }) …',
    details: { option: 'storage' },
  })
}

const missing = (message: string, example: string): PerdureError =>
  new PerdureError('configuration_invalid', message, {
    hint: `${example}; where that comes from a variable, set it.`,
  })

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

const kindOf = (value: unknown): string => (value === null ? 'null' : isObject(value) ? 'another object' : typeof value)
