import type { ModelUpstream } from '../../../ports/model-gateway.ts'
import type { CredentialKind } from '../../credentials/credential-source.ts'
import { environmentCredential } from '../../credentials/environment-credential.ts'
import { anthropicBaseUrl, createAnthropicUpstream } from './anthropic-upstream.ts'

type Environment = Readonly<Record<string, string | undefined>>

export interface EnvironmentUpstreamOptions {
  /** Instead of `ANTHROPIC_BASE_URL`. */
  readonly baseUrl?: string | undefined
  /** As `PERDURE_ALLOW_INSECURE=1`. */
  readonly allowInsecure?: boolean | undefined
}

/** The variable that holds a credential, as every Anthropic client looks for it. */
export function credentialVariable(environment: Environment): { variable: string; kind: CredentialKind } | undefined {
  if (environment['ANTHROPIC_API_KEY']?.trim()) return { variable: 'ANTHROPIC_API_KEY', kind: 'apiKey' }
  if (environment['ANTHROPIC_AUTH_TOKEN']?.trim()) return { variable: 'ANTHROPIC_AUTH_TOKEN', kind: 'authToken' }
  return undefined
}

/**
 * The upstream that the environment names, as every Anthropic client reads it: `ANTHROPIC_API_KEY`, else
 * `ANTHROPIC_AUTH_TOKEN`, `ANTHROPIC_BASE_URL`, and the proxy of `HTTPS_PROXY` and its kin. Undefined when
 * there is no credential.
 * @throws {PerdureError} `invalid_request` when `ANTHROPIC_BASE_URL` is not an http(s) URL, or is plain http to
 * another machine without `PERDURE_ALLOW_INSECURE=1`.
 */
export function credentialsFromEnvironment(
  environment: Environment,
  options: EnvironmentUpstreamOptions = {},
): ModelUpstream | undefined {
  const found = credentialVariable(environment)
  if (found === undefined) return undefined
  return createAnthropicUpstream({
    credentials: environmentCredential({ ...found, environment }),
    baseUrl: options.baseUrl ?? (environment['ANTHROPIC_BASE_URL']?.trim() || anthropicBaseUrl),
    environment,
    allowInsecure: options.allowInsecure ?? environment['PERDURE_ALLOW_INSECURE'] === '1',
  })
}
