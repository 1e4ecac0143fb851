import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { PerdureError } from '../../errors/perdure-error.ts'
import { rememberSecret } from '../../domain/known-secrets.ts'
import type { WorkspaceScope } from '../../ports/storage.ts'
import type { SealedSecretStore, Vault } from '../../ports/vault.ts'

export const masterKeyBytes = 32

export interface SealedVaultOptions {
  readonly secrets: SealedSecretStore
  readonly scope: WorkspaceScope
  /** 32 bytes. `create` is true when there is something to seal: a key may be made then. */
  readonly masterKey: (options: { create: boolean }) => Promise<Uint8Array>
}

const algorithm = 'aes-256-gcm'
const version = 'v1'
const nonceBytes = 12
const tagBytes = 16
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$/

/** Seals with AES-256-GCM. Workspace and name are authenticated too, so no row passes for another. */
export function createSealedVault({ secrets, scope, masterKey }: SealedVaultOptions): Vault {
  const authenticated = (name: string): Buffer =>
    Buffer.from(JSON.stringify(['perdure-vault', version, scope.organizationId, scope.workspaceId, name]))

  return {
    async set(name, value) {
      requireName(name)
      if (value === '') throw new PerdureError('invalid_request', `The value of the secret ${name} is empty.`)
      rememberSecret(value)
      await secrets.put(
        name,
        seal(value, { key: await masterKey({ create: true }), authenticated: authenticated(name) }),
      )
    },
    async get(name) {
      const sealed = await secrets.get(name)
      if (sealed === null) return null
      const value = open(sealed, { key: await masterKey({ create: false }), authenticated: authenticated(name) })
      if (value === null) throw locked(name)
      rememberSecret(value)
      return value
    },
    delete: (name) => secrets.delete(name),
    list: () => secrets.list(),
  }
}

interface SealingKey {
  readonly key: Uint8Array
  readonly authenticated: Buffer
}

function seal(value: string, { key, authenticated }: SealingKey): string {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes }).setAAD(authenticated)
  const text = Buffer.concat([cipher.update(value, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return [version, nonce.toString('base64'), text.toString('base64')].join('.')
}

/** Null when the key is another, or when anything was changed since. */
function open(sealed: string, { key, authenticated }: SealingKey): string | null {
  const [written, nonce = '', text = ''] = sealed.split('.')
  const bytes = Buffer.from(text, 'base64')
  if (written !== version || bytes.length < tagBytes) return null
  try {
    const decipher = createDecipheriv(algorithm, key, Buffer.from(nonce, 'base64'), { authTagLength: tagBytes })
    decipher.setAAD(authenticated).setAuthTag(bytes.subarray(-tagBytes))
    return Buffer.concat([decipher.update(bytes.subarray(0, -tagBytes)), decipher.final()]).toString('utf8')
  } catch {
    return null
  }
}

function requireName(name: string): void {
  if (namePattern.test(name)) return
  throw new PerdureError('invalid_request', 'The name of a secret has letters, digits and . _ / - only, at most 128.')
}

const locked = (name: string): PerdureError =>
  new PerdureError('vault_locked', `The secret ${name} was sealed with another key, or changed since.`, {
    details: { secret: name },
  })
