import { rememberSecret } from '../../domain/known-secrets.ts'
import { PerdureError } from '../../errors/perdure-error.ts'

/** What a model's service wants to see: a key (`x-api-key`) or a token (`authorization: Bearer`). */
export type Credential = { readonly apiKey: string } | { readonly authToken: string }
export type CredentialKind = 'apiKey' | 'authToken'

/** Where the credential of one key comes from. Asked for every request, so a new one needs no restart. */
export interface CredentialSource {
  /** The place, for people; never the secret: `environment variable ANTHROPIC_API_KEY`. */
  readonly description: string
  /**
   * The credential as it is now.
   * @throws {PerdureError} `credentials_missing` when there is none there, `credentials_failed` when the place
   * cannot be asked, `vault_locked`, `authentication_failed` when what is there can be no key.
   */
  read(): Promise<Credential>
  /** The service refused this one: what was kept of it is forgotten, and the next `read` asks anew. */
  refused?(credential: Credential): void
  /** What a careful owner would mend: `others can read the file`. Undefined when all is well. */
  warning?(): Promise<string | undefined>
}

/** A credential that never changes. */
export const fixedCredential = (credential: Credential): CredentialSource => {
  rememberSecret(secretOf(credential))
  return { description: 'given by the program', read: async () => credential }
}

/**
 * From here on, redaction knows the value word for word.
 * @throws {PerdureError} `authentication_failed` for what no header can carry, such as a file with two lines.
 */
export function credentialOf(value: string, kind: CredentialKind): Credential {
  rememberSecret(value)
  if (!/^[\x21-\x7e]+$/.test(value)) {
    throw new PerdureError('authentication_failed', 'The key has a space, a line end or a letter that no key has.', {
      hint: 'Check its place: it holds the key and nothing else.',
    })
  }
  return kind === 'apiKey' ? { apiKey: value } : { authToken: value }
}

export const secretOf = (credential: Credential): string =>
  'apiKey' in credential ? credential.apiKey : credential.authToken
