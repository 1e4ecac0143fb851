import { readFile, stat } from 'node:fs/promises'
import { PerdureError } from '../../errors/perdure-error.ts'
import { credentialOf, type Credential, type CredentialKind, type CredentialSource } from './credential-source.ts'

const othersMayRead = 0o077

/** A file that holds the secret and nothing else. Read again whenever it was changed or replaced. */
export function fileCredential({ path, kind }: { path: string; kind: CredentialKind }): CredentialSource {
  const description = `file ${path}`
  let known: { readonly version: string; readonly credential: Credential } | undefined

  return {
    description,
    async read() {
      try {
        const { mtimeNs, ctimeNs, ino, size } = await stat(path, { bigint: true })
        const version = [mtimeNs, ctimeNs, ino, size].join(':')
        if (known?.version === version) return known.credential
        const value = (await readFile(path, 'utf8')).trim()
        if (value === '') throw new PerdureError('credentials_missing', `The ${description} is empty.`)
        known = { version, credential: credentialOf(value, kind) }
        return known.credential
      } catch (cause) {
        throw PerdureError.is(cause) ? cause : unreadable(description, cause)
      }
    },
    refused() {
      known = undefined
    },
    async warning() {
      const { mode } = await stat(path)
      const isPrivate = process.platform === 'win32' || (mode & othersMayRead) === 0
      return isPrivate ? undefined : `others on this machine may read ${path}: chmod 600 ${path}`
    },
  }
}

function unreadable(description: string, cause: unknown): PerdureError {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown'
  if (code === 'ENOENT') return new PerdureError('credentials_missing', `The ${description} does not exist.`, { cause })
  return new PerdureError('credentials_failed', `The ${description} cannot be read: ${code}.`, { cause })
}
