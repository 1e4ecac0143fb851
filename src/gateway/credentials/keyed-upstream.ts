import { PerdureError } from '../../errors/perdure-error.ts'
import type { ModelUpstream } from '../../ports/model-gateway.ts'
import { createAnthropicUpstream } from '../upstreams/anthropic/anthropic-upstream.ts'
import { apiErrorResponse } from '../wire/api-error.ts'
import type { CredentialSource } from './credential-source.ts'
import { fitOf, type Tenant } from './tenant-pattern.ts'

/** One key of several: its name, where it comes from, and whose it is. */
export interface ModelKey {
  readonly name: string
  readonly source: CredentialSource
  /** Any service that speaks the Messages API. Default: Anthropic’s. */
  readonly baseUrl?: string
  readonly allowInsecure?: boolean
  /** `organization/workspace`, with `*` for any letters. These tenants alone use it. Without: everybody who has none. */
  readonly tenants?: readonly string[]
}

export interface KeyedUpstreamOptions {
  readonly keys: readonly ModelKey[]
  /** Variables that may name a proxy. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Decorates the upstream of each key, such as with the limits that the service sets for it. */
  readonly wrap?: (keyName: string, upstream: ModelUpstream) => ModelUpstream
}

/** An upstream with several keys. */
export interface KeyedUpstream extends ModelUpstream {
  /** Whose key serves this tenant. @throws {PerdureError} `credentials_missing` when none does. */
  keyOf(tenant: Tenant | undefined): ModelKey
}

/**
 * Sends each request with the key of the tenant that makes it. A tenant without one of its own uses the key that has no
 * tenants; a key that has some is used by nobody else, also not when its own tenant's fails.
 * @throws {PerdureError} `configuration_invalid` when two keys have no tenants; `invalid_request` for a base URL.
 */
export function createKeyedUpstream({ keys, environment, wrap }: KeyedUpstreamOptions): KeyedUpstream {
  const ownerless = keys.filter(({ tenants }) => tenants === undefined)
  if (ownerless.length > 1) {
    const names = ownerless.map(({ name }) => name).join(', ')
    throw new PerdureError('configuration_invalid', `Several keys have no tenants, so none is the default: ${names}.`)
  }
  const upstreams = new Map<ModelKey, ModelUpstream>()
  for (const key of keys) {
    const { source: credentials, baseUrl, allowInsecure } = key
    const upstream = createAnthropicUpstream({
      credentials,
      ...(baseUrl === undefined ? {} : { baseUrl }),
      ...(allowInsecure === undefined ? {} : { allowInsecure }),
      ...(environment === undefined ? {} : { environment }),
    })
    upstreams.set(key, wrap?.(key.name, upstream) ?? upstream)
  }

  const keyFor = (tenant: Tenant | undefined): ModelKey | undefined => {
    const fits = (wanted: number) => (key: ModelKey) =>
      tenant !== undefined && key.tenants?.some((pattern) => fitOf(pattern, tenant) === wanted) === true
    return keys.find(fits(2)) ?? keys.find(fits(1)) ?? ownerless[0]
  }

  return {
    name: 'anthropic',
    keyOf: (tenant) => {
      const key = keyFor(tenant)
      if (key !== undefined) return key
      throw new PerdureError('credentials_missing', noKeyFor(tenant), {
        hint: 'Add the tenant to a key of the configuration, or a key without tenants.',
      })
    },
    async handle(request) {
      const key = keyFor(request.origin)
      const upstream = key === undefined ? undefined : upstreams.get(key)
      if (upstream === undefined) return apiErrorResponse({ status: 401, message: noKeyFor(request.origin) })
      return upstream.handle(request)
    },
    async close() {
      await Promise.all([...upstreams.values()].map(async (upstream) => upstream.close?.()))
    },
  }
}

const noKeyFor = (tenant: Tenant | undefined): string =>
  tenant === undefined
    ? 'Every key belongs to tenants, and this request to none.'
    : `There is no key for the tenant ${tenant.organizationId}/${tenant.workspaceId}.`
