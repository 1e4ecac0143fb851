import { PerdureError } from '../../errors/perdure-error.ts'
import type { Vault } from '../../ports/vault.ts'
import type { CredentialKind, CredentialSource } from './credential-source.ts'
import { keptCredential } from './kept-credential.ts'

export interface VaultCredentialOptions {
  /** Name of the secret in the vault. */
  readonly name: string
  readonly kind: CredentialKind
  /** Opened when it is first needed. */
  readonly openVault: () => Promise<Pick<Vault, 'get'>>
  /** How long a value is used before the vault is asked again. Default: 30 seconds. */
  readonly ttlMs?: number
}

/** A secret of the vault. */
export function vaultCredential({ name, kind, openVault, ttlMs = 30_000 }: VaultCredentialOptions): CredentialSource {
  const ask = async (): Promise<string> => {
    const value = await (await openVault()).get(name)
    if (value !== null) return value
    throw new PerdureError('credentials_missing', `The vault has no secret ${name}.`, {
      hint: `Set it: perdure vault set ${name}`,
    })
  }
  return keptCredential({ description: `vault secret ${name}`, kind, ttlMs, ask })
}
