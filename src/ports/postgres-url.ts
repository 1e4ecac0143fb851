import { rememberSecret } from '../domain/known-secrets.ts'
import { PerdureError } from '../errors/perdure-error.ts'

/**
 * The URL of a PostgreSQL. Nothing of the text may get into an error: it holds the password, which is a secret from now on.
 * @throws {PerdureError} `configuration_invalid`.
 */
export function postgresUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !['postgres:', 'postgresql:'].includes(url.protocol)) {
    throw new PerdureError('configuration_invalid', 'the URL of the database is no URL of a PostgreSQL', {
      hint: 'It is written postgres://user:password@host:5432/database; special characters of a password as %40 and the like.',
    })
  }
  for (const secret of [url.password, decodeURIComponent(url.password), url.searchParams.get('password') ?? '']) {
    rememberSecret(secret)
  }
  return url
}
