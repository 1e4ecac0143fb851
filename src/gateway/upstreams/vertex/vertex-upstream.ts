import { PerdureError } from '../../../errors/perdure-error.ts'
import { parseBaseUrl } from '../../wire/base-url.ts'
import {
  createPlatformUpstream,
  type PlatformRequest,
  type PlatformUpstream,
} from '../platform/create-platform-upstream.ts'
import { loadPackage } from '../platform/load-package.ts'
import { chooseBetas, vertexBetas, withoutBetaFields } from '../platform/platform-betas.ts'
import { vertexModel } from '../platform/platform-models.ts'

export interface VertexUpstreamOptions {
  /** Default: `CLOUD_ML_REGION`. `global` is one too. */
  readonly region?: string
  /** Default: `ANTHROPIC_VERTEX_PROJECT_ID`, else the project of the credentials. */
  readonly projectId?: string
  /** Gives a Google access token for each request. Default: Application Default Credentials. */
  readonly accessToken?: () => Promise<string>
  /** Default: the region’s endpoint. */
  readonly baseUrl?: string
  /** Lets `baseUrl` be plain http on another machine. */
  readonly allowInsecure?: boolean
  /** Names of Vertex, by the model that agents ask for. */
  readonly modelMap?: Readonly<Record<string, string>>
  /** Betas to pass on beyond those that Vertex is known to take. */
  readonly betas?: readonly string[]
}

/**
 * Claude on Google Cloud’s Vertex AI, through `@anthropic-ai/vertex-sdk`, an optional package that is loaded with
 * the first request. Agents go on speaking the Messages API.
 * @throws {PerdureError} `invalid_request` without a region, or for a `baseUrl` that cannot be.
 */
export function vertexUpstream(options: VertexUpstreamOptions = {}): PlatformUpstream {
  const { modelMap = {}, betas: further = [], baseUrl, allowInsecure } = options
  const region = options.region ?? process.env['CLOUD_ML_REGION']
  if (!region) {
    throw new PerdureError('invalid_request', 'Vertex needs a region.', {
      hint: 'Set CLOUD_ML_REGION, or give region.',
    })
  }
  if (baseUrl !== undefined) parseBaseUrl(baseUrl, { allowInsecure })
  return createPlatformUpstream({
    name: 'vertex',
    betas: 'stable',
    load: () => loadVertex({ ...options, region }),
    modelMap,
    modelRule: vertexModel,
    translate({ path, headers, body }) {
      const { 'anthropic-beta': asked, ...others } = headers
      const betas = chooseBetas({ asked, known: vertexBetas, further })
      return {
        path,
        headers: betas.length === 0 ? others : { ...others, 'anthropic-beta': betas.join(',') },
        body: { anthropic_version: platformVersion(headers), ...withoutBetaFields(body, betas) },
      }
    },
  })
}

/** Vertex’s own name for the API’s first version, which agents speak; a later one keeps its name. */
function platformVersion({ 'anthropic-version': version = '2023-06-01' }: PlatformRequest['headers']): string {
  return version === '2023-06-01' ? 'vertex-2023-10-16' : version
}

async function loadVertex({ region, projectId, accessToken, baseUrl }: VertexUpstreamOptions & { region: string }) {
  const { AnthropicVertex } = await loadPackage('@anthropic-ai/vertex-sdk', () => import('@anthropic-ai/vertex-sdk'))
  type Options = NonNullable<ConstructorParameters<typeof AnthropicVertex>[0]>
  const options = {
    region,
    ...(projectId === undefined ? {} : { projectId }),
    ...(baseUrl === undefined ? {} : { baseURL: baseUrl }),
    ...(accessToken === undefined
      ? {}
      : { authClient: tokenClient(accessToken) as NonNullable<Options['authClient']> }),
    maxRetries: 0,
    openTelemetry: false,
    logLevel: 'off',
  } satisfies Options
  return () => new AnthropicVertex(options)
}

/** As much of a Google authentication client as the platform’s client asks for. */
const tokenClient = (accessToken: () => Promise<string>): unknown => ({
  getRequestHeaders: async () => new Headers({ authorization: `Bearer ${await accessToken()}` }),
})
