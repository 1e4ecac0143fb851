import { rememberSecret } from '../../../domain/known-secrets.ts'
import { PerdureError } from '../../../errors/perdure-error.ts'
import { parseBaseUrl } from '../../wire/base-url.ts'
import { createPlatformUpstream, type PlatformUpstream } from '../platform/create-platform-upstream.ts'
import { loadPackage } from '../platform/load-package.ts'
import { foundryModel } from '../platform/platform-models.ts'

export interface FoundryUpstreamOptions {
  /** Name of the Foundry resource. Default: `ANTHROPIC_FOUNDRY_RESOURCE`. */
  readonly resource?: string
  /** Instead of `resource`. Default: `ANTHROPIC_FOUNDRY_BASE_URL`. */
  readonly baseUrl?: string
  /** Lets `baseUrl` be plain http on another machine. */
  readonly allowInsecure?: boolean
  /** Default: `ANTHROPIC_FOUNDRY_API_KEY`. */
  readonly apiKey?: string
  /** Gives a Microsoft Entra token for each request, instead of `apiKey`: `getBearerTokenProvider(…)` of `@azure/identity`. */
  readonly entraToken?: () => Promise<string>
  /** Names of deployments, by the model that agents ask for. */
  readonly modelMap?: Readonly<Record<string, string>>
}

/**
 * Claude in Microsoft Foundry, through `@anthropic-ai/foundry-sdk`, an optional package that is loaded with the
 * first request. Foundry speaks the Messages API itself, betas included.
 * @throws {PerdureError} `credentials_missing`; `invalid_request` without a resource, or for a `baseUrl` that cannot be.
 */
export function foundryUpstream(options: FoundryUpstreamOptions = {}): PlatformUpstream {
  const { entraToken, modelMap = {} } = options
  const apiKey = options.apiKey ?? (entraToken === undefined ? process.env['ANTHROPIC_FOUNDRY_API_KEY'] : undefined)
  if (!apiKey && entraToken === undefined) {
    throw new PerdureError('credentials_missing', 'There is no key for Microsoft Foundry.', {
      hint: 'Set ANTHROPIC_FOUNDRY_API_KEY, or give entraToken.',
    })
  }
  if (apiKey) rememberSecret(apiKey)
  const client = { baseUrl: addressOf(options), entraToken, apiKey }
  return createPlatformUpstream({
    name: 'foundry',
    betas: 'all',
    load: () => loadFoundry(client),
    modelMap,
    modelRule: foundryModel,
    translate: (request) => request,
  })
}

function addressOf({ resource, baseUrl, allowInsecure }: FoundryUpstreamOptions): string {
  const given = baseUrl ?? (resource === undefined ? process.env['ANTHROPIC_FOUNDRY_BASE_URL'] : undefined)
  if (given) return parseBaseUrl(given, { allowInsecure }).href
  const name = resource ?? process.env['ANTHROPIC_FOUNDRY_RESOURCE']
  if (name) return `https://${name}.services.ai.azure.com/anthropic/`
  throw new PerdureError('invalid_request', 'Microsoft Foundry needs the name of the resource.', {
    hint: 'Set ANTHROPIC_FOUNDRY_RESOURCE, or give resource or baseUrl.',
  })
}

interface FoundryClient {
  readonly baseUrl: string
  readonly apiKey: string | undefined
  readonly entraToken: (() => Promise<string>) | undefined
}

async function loadFoundry({ baseUrl, apiKey, entraToken }: FoundryClient) {
  const { AnthropicFoundry } = await loadPackage('@anthropic-ai/foundry-sdk', () => import('@anthropic-ai/foundry-sdk'))
  return () =>
    new AnthropicFoundry({
      baseURL: baseUrl,
      // Null and the empty key keep the client from asking the environment for another.
      resource: null,
      ...(entraToken === undefined ? { apiKey } : { azureADTokenProvider: entraToken, apiKey: '' }),
      maxRetries: 0,
      openTelemetry: false,
      logLevel: 'off',
    })
}
