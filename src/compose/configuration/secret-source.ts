import type { CredentialKind, CredentialSource } from '../../gateway/credentials/credential-source.ts'
import { commandCredential } from '../../gateway/credentials/command-credential.ts'
import { environmentCredential } from '../../gateway/credentials/environment-credential.ts'
import { fileCredential } from '../../gateway/credentials/file-credential.ts'
import { vaultCredential } from '../../gateway/credentials/vault-credential.ts'
import type { Vault } from '../../ports/vault.ts'
import type { SecretPlace } from './configuration-schema.ts'

export interface SecretSurroundings {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly openVault: () => Promise<Vault>
}

/** The source that a configuration names. */
export function secretSource(
  { kind, ...place }: SecretPlace & { kind: CredentialKind },
  { environment, openVault }: SecretSurroundings,
): CredentialSource {
  const { env, file, command, vault, ttlSeconds, timeoutSeconds } = place
  const ttl = ttlSeconds === undefined ? {} : { ttlMs: ttlSeconds * 1000 }
  if (env !== undefined) return environmentCredential({ variable: env, kind, environment })
  if (file !== undefined) return fileCredential({ path: file, kind })
  if (vault !== undefined) return vaultCredential({ name: vault, kind, openVault, ...ttl })
  if (command === undefined) throw new TypeError('The schema lets no place without a source pass.')
  return commandCredential({
    command: typeof command === 'string' ? { shell: command } : (command as [string, ...string[]]),
    kind,
    environment,
    ...ttl,
    ...(timeoutSeconds === undefined ? {} : { timeoutMs: timeoutSeconds * 1000 }),
  })
}
