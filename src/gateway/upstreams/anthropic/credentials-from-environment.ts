import type { ModelUpstream } from '../../../ports/model-gateway.ts'
import { anthropicBaseUrl, createAnthropicUpstream } from './anthropic-upstream.ts'

/**
 * The upstream that the environment names, as every Anthropic client reads it: `ANTHROPIC_API_KEY`, else
 * `ANTHROPIC_AUTH_TOKEN`, `ANTHROPIC_BASE_URL`, and the proxy of `HTTPS_PROXY` and its kin. Undefined when
 * there is no credential.
 * @throws {PerdureError} `invalid_request` when `ANTHROPIC_BASE_URL` is not an http(s) URL, or is plain http to
 * another machine without `PERDURE_ALLOW_INSECURE=1`.
 */
export function credentialsFromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): ModelUpstream | undefined {
  const apiKey = environment['ANTHROPIC_API_KEY']?.trim()
  const authToken = environment['ANTHROPIC_AUTH_TOKEN']?.trim()
  const baseUrl = environment['ANTHROPIC_BASE_URL']?.trim() || anthropicBaseUrl
  const way = { baseUrl, environment, allowInsecure: environment['PERDURE_ALLOW_INSECURE'] === '1' }
  if (apiKey) return createAnthropicUpstream({ credentials: { apiKey }, ...way })
  if (authToken) return createAnthropicUpstream({ credentials: { authToken }, ...way })
  return undefined
}
