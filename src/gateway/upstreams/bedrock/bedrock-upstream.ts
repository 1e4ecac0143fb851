import { rememberSecret } from '../../../domain/known-secrets.ts'
import { parseBaseUrl } from '../../wire/base-url.ts'
import {
  createPlatformUpstream,
  type PlatformRequest,
  type PlatformUpstream,
} from '../platform/create-platform-upstream.ts'
import { loadPackage } from '../platform/load-package.ts'
import { bedrockBetas, bedrockHeaderBetas, chooseBetas, withoutBetaFields } from '../platform/platform-betas.ts'
import { bedrockModel, profileOfRegion } from '../platform/platform-models.ts'
import { awsCredentialChain, type AwsCredentials } from './aws-credential-chain.ts'
import { countBedrockTokens } from './count-bedrock-tokens.ts'
import { translateStreamErrors } from './stream-errors.ts'

export interface BedrockUpstreamOptions {
  /** Default: `AWS_REGION`, else us-east-1. */
  readonly region?: string
  /** A Bedrock API key. Default: `AWS_BEARER_TOKEN_BEDROCK`; without it, requests are signed. */
  readonly apiKey?: string
  /** What requests are signed with, or where to get it for each of them. Default: the chain that all AWS tools follow. */
  readonly credentials?: AwsCredentials | (() => Promise<AwsCredentials>)
  /** Default: the region’s endpoint. */
  readonly baseUrl?: string
  /** Lets `baseUrl` be plain http on another machine. */
  readonly allowInsecure?: boolean
  /**
   * The geography of the inference profiles: `us`, `eu`, `apac`, `global`; an empty string asks for the models
   * themselves. Default: by the region.
   */
  readonly inferenceProfile?: string
  /** Names or ARNs of Bedrock, by the model that agents ask for. */
  readonly modelMap?: Readonly<Record<string, string>>
  /** Betas to pass on beyond those that Bedrock is known to take. */
  readonly betas?: readonly string[]
}

/**
 * Claude on Amazon Bedrock, through `@anthropic-ai/bedrock-sdk`, an optional package that is loaded with the first
 * request. Agents go on speaking the Messages API.
 * @throws {PerdureError} `invalid_request` for a `baseUrl` that cannot be.
 */
export function bedrockUpstream(options: BedrockUpstreamOptions = {}): PlatformUpstream {
  const { modelMap = {}, betas: further = [], allowInsecure } = options
  if (options.baseUrl !== undefined) parseBaseUrl(options.baseUrl, { allowInsecure })
  const bearer = options.apiKey ?? process.env['AWS_BEARER_TOKEN_BEDROCK']
  if (bearer) rememberSecret(bearer)
  const region = options.region ?? process.env['AWS_REGION'] ?? 'us-east-1'
  const profile = options.inferenceProfile ?? profileOfRegion(region)
  const translate = ({ path, headers, body }: PlatformRequest): PlatformRequest => {
    const { 'anthropic-beta': asked, ...others } = headers
    const betas = chooseBetas({ asked, known: bedrockBetas, further })
    const shown = chooseBetas({ asked, known: bedrockHeaderBetas, further: [] })
    return {
      path,
      headers: shown.length === 0 ? others : { ...others, 'anthropic-beta': shown.join(',') },
      body: { anthropic_version: platformVersion(headers), anthropic_beta: betas, ...withoutBetaFields(body, betas) },
    }
  }
  return createPlatformUpstream({
    name: 'bedrock',
    betas: 'stable',
    load: () => loadBedrock({ ...options, region }),
    modelMap,
    modelRule: (model) => bedrockModel(model, profile),
    translate,
    countTokens: (request, send) => countBedrockTokens(translate(request), send),
    translateStream: translateStreamErrors,
  })
}

/** Bedrock’s own name for the API’s first version, which agents speak; a later one keeps its name. */
function platformVersion({ 'anthropic-version': version = '2023-06-01' }: PlatformRequest['headers']): string {
  return version === '2023-06-01' ? 'bedrock-2023-05-31' : version
}

async function loadBedrock({ region, apiKey, credentials, baseUrl }: BedrockUpstreamOptions & { region: string }) {
  const { AnthropicBedrock } = await loadPackage('@anthropic-ai/bedrock-sdk', () => import('@anthropic-ai/bedrock-sdk'))
  let provider: (() => Promise<AwsCredentials>) | undefined
  const options = {
    awsRegion: region,
    ...(baseUrl === undefined ? {} : { baseURL: baseUrl }),
    // Null keeps the client from preferring a key of the environment to credentials that were given.
    ...(apiKey === undefined ? (credentials === undefined ? {} : { apiKey: null }) : { apiKey }),
    providerChainResolver: async () => (provider ??= providerOf(credentials)),
    maxRetries: 0,
    openTelemetry: false,
    logLevel: 'off',
  } as const
  return () => new AnthropicBedrock(options)
}

function providerOf(credentials: BedrockUpstreamOptions['credentials']): () => Promise<AwsCredentials> {
  const read = typeof credentials === 'object' ? async () => credentials : (credentials ?? awsCredentialChain())
  return async () => {
    const found = await read()
    // From here on, redaction knows them word for word.
    for (const secret of [found.secretAccessKey, found.sessionToken]) if (secret !== undefined) rememberSecret(secret)
    return found
  }
}
