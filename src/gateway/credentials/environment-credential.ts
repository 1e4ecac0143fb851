import { PerdureError } from '../../errors/perdure-error.ts'
import { credentialOf, type CredentialKind, type CredentialSource } from './credential-source.ts'

export interface EnvironmentCredentialOptions {
  readonly variable: string
  readonly kind: CredentialKind
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** A variable of the environment, read anew each time. */
export function environmentCredential(options: EnvironmentCredentialOptions): CredentialSource {
  const { variable, kind, environment } = options
  const description = `environment variable ${variable}`
  return {
    description,
    async read() {
      const value = environment[variable]?.trim()
      if (value) return credentialOf(value, kind)
      throw new PerdureError('credentials_missing', `The ${description} is not set, or empty.`, {
        hint: `Set ${variable}, or name another source in perdure.config.json.`,
      })
    },
  }
}
