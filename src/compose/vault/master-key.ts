import { randomBytes, randomUUID } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { rememberSecret } from '../../domain/known-secrets.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import { masterKeyBytes } from '../../gateway/credentials/sealed-vault.ts'
import { configurationFolder } from '../configuration/configuration-folder.ts'

type Environment = Readonly<Record<string, string | undefined>>

const variable = 'PERDURE_VAULT_KEY'

/** Where the master key is when no variable gives it: not beside the database, which is copied and backed up. */
export const masterKeyFile = (environment: Environment): string => join(configurationFolder(environment), 'vault.key')

/** Where the master key comes from, or will: the variable, or the file. */
export const masterKeyPlace = (environment: Environment): string =>
  environment[variable]?.trim() ? variable : masterKeyFile(environment)

/**
 * The key that seals the vault: of `PERDURE_VAULT_KEY`, else of the user's key file, which is made when there is
 * first something to seal.
 * @throws {PerdureError} `vault_locked`.
 */
export function masterKeyOf(environment: Environment, { create }: { create: boolean }): Uint8Array {
  const given = environment[variable]?.trim()
  if (given) return decode(given, variable)
  const path = masterKeyFile(environment)
  const kept = readKeyFile(path)
  if (kept !== null) return decode(kept, path)
  if (create) return decode(makeKeyFile(path), path)
  throw new PerdureError('vault_locked', `There is no key for the vault: no ${variable}, and no file ${path}.`)
}

function readKeyFile(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw unusable(path, cause)
  }
}

/** Of several processes that make it at once, the first wins; nobody ever sees half a key. */
function makeKeyFile(path: string): string {
  const draft = `${path}.${randomUUID()}`
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeFileSync(draft, `${randomBytes(masterKeyBytes).toString('base64')}\n`, { mode: 0o600, flush: true })
    linkSync(draft, path)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw unusable(path, cause)
  } finally {
    rmSync(draft, { force: true })
  }
  return readFileSync(path, 'utf8').trim()
}

function decode(text: string, place: string): Uint8Array {
  rememberSecret(text)
  const key = Buffer.from(text, 'base64')
  if (key.length === masterKeyBytes && key.toString('base64').replace(/=$/, '') === text.replace(/=$/, '')) return key
  throw new PerdureError('vault_locked', `${place} is not ${masterKeyBytes} bytes in base64.`, {
    hint: `Make one: openssl rand -base64 ${masterKeyBytes}`,
  })
}

const unusable = (path: string, cause: unknown): PerdureError =>
  new PerdureError('vault_locked', `The vault’s key file ${path} cannot be used: ${codeOf(cause)}.`, { cause })

const codeOf = (cause: unknown): string => (cause as NodeJS.ErrnoException).code ?? 'unknown'
