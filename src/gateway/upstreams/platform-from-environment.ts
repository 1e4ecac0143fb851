import { PerdureError } from '../../errors/perdure-error.ts'
import { bedrockUpstream } from './bedrock/bedrock-upstream.ts'
import { foundryUpstream } from './foundry/foundry-upstream.ts'
import type { PlatformUpstream } from './platform/create-platform-upstream.ts'
import { vertexUpstream } from './vertex/vertex-upstream.ts'

type Environment = Readonly<Record<string, string | undefined>>

const isSet = (value: string | undefined): boolean => /^(1|true|yes|on)$/i.test(value?.trim() ?? '')

function bedrockFromEnvironment(environment: Environment): PlatformUpstream {
  const accessKeyId = environment['AWS_ACCESS_KEY_ID']
  const secretAccessKey = environment['AWS_SECRET_ACCESS_KEY']
  const keys = accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined
  return bedrockUpstream({
    ...given('region', environment['AWS_REGION'] || environment['AWS_DEFAULT_REGION']),
    ...given('baseUrl', environment['ANTHROPIC_BEDROCK_BASE_URL']),
    ...given('apiKey', environment['AWS_BEARER_TOKEN_BEDROCK']),
    ...(keys === undefined
      ? {}
      : { credentials: { ...keys, ...given('sessionToken', environment['AWS_SESSION_TOKEN']) } }),
    allowInsecure: isSet(environment['PERDURE_ALLOW_INSECURE']),
  })
}

const vertexFromEnvironment = (environment: Environment): PlatformUpstream =>
  vertexUpstream({
    ...given('region', environment['CLOUD_ML_REGION']),
    ...given('projectId', environment['ANTHROPIC_VERTEX_PROJECT_ID']),
    ...given('baseUrl', environment['ANTHROPIC_VERTEX_BASE_URL']),
    allowInsecure: isSet(environment['PERDURE_ALLOW_INSECURE']),
  })

const foundryFromEnvironment = (environment: Environment): PlatformUpstream =>
  foundryUpstream({
    ...given('resource', environment['ANTHROPIC_FOUNDRY_RESOURCE']),
    ...given('baseUrl', environment['ANTHROPIC_FOUNDRY_BASE_URL']),
    ...given('apiKey', environment['ANTHROPIC_FOUNDRY_API_KEY']),
    allowInsecure: isSet(environment['PERDURE_ALLOW_INSECURE']),
  })

const given = <Name extends string>(name: Name, value: string | undefined): { [Key in Name]?: string } =>
  (value ? { [name]: value } : {}) as { [Key in Name]?: string }

const platforms: Readonly<Record<string, (environment: Environment) => PlatformUpstream>> = {
  CLAUDE_CODE_USE_BEDROCK: bedrockFromEnvironment,
  CLAUDE_CODE_USE_VERTEX: vertexFromEnvironment,
  CLAUDE_CODE_USE_FOUNDRY: foundryFromEnvironment,
}

/**
 * The platform that the environment names, by the variables that Claude Code knows: `CLAUDE_CODE_USE_BEDROCK`,
 * `CLAUDE_CODE_USE_VERTEX` or `CLAUDE_CODE_USE_FOUNDRY`. What a variable leaves open, the platform’s own tools
 * settle: profiles, roles, application default credentials.
 * @throws {PerdureError} `invalid_request` when two are named, or one is named and its settings are wrong;
 * `credentials_missing`.
 */
export function platformFromEnvironment(environment: Environment): PlatformUpstream | undefined {
  const named = Object.keys(platforms).filter((name) => isSet(environment[name]))
  if (named.length > 1) throw new PerdureError('invalid_request', `Two platforms are named: ${named.join(', ')}.`)
  return named[0] === undefined ? undefined : platforms[named[0]]!(environment)
}
