import { createKeyedUpstream, type KeyedUpstream, type ModelKey } from '../../gateway/credentials/keyed-upstream.ts'
import { guardedUpstream, withoutGuard } from '../../gateway/traffic/guarded-upstreams.ts'
import type { TrafficLimits } from '../../gateway/traffic/traffic-limits.ts'
import type { ModelConfiguration, ModelKeyConfiguration } from './configuration-schema.ts'
import { secretSource, type SecretSurroundings } from './secret-source.ts'
import { stallTimeouts } from './stall-timeouts.ts'

/** The keys that a configuration names, the token of another gateway among them; empty when it names none. */
export function configuredKeys(model: ModelConfiguration, surroundings: SecretSurroundings): readonly ModelKey[] {
  const { gateway, keys = {}, baseUrl, allowInsecure } = model
  const insecure = allowInsecure === undefined ? {} : { allowInsecure }
  if (gateway !== undefined) {
    const source = secretSource({ ...gateway.tokenFrom, kind: 'authToken' }, surroundings)
    return [{ name: 'gateway', source, baseUrl: gateway.url, ...insecure }]
  }
  return Object.entries(keys).map(([name, { kind = 'apiKey', tenants, baseUrl: own = baseUrl, ...place }]) => ({
    name,
    source: secretSource({ ...place, kind }, surroundings),
    ...insecure,
    ...(own === undefined ? {} : { baseUrl: own }),
    ...(tenants === undefined ? {} : { tenants }),
  }))
}

/** An upstream of these keys, each with the limits that the configuration sets for it. */
export function configuredUpstream(
  keys: readonly ModelKey[],
  { model, environment }: { model: ModelConfiguration; environment: SecretSurroundings['environment'] },
): KeyedUpstream {
  const stall = stallTimeouts(model)
  const upstream = createKeyedUpstream({
    keys,
    environment,
    wrap: (name, inner) => {
      const { limits, tenantLimits } = model.keys?.[name] ?? {}
      return guardedUpstream(inner, {
        ...(stall === undefined ? {} : { stall }),
        ...(limits === undefined ? {} : { limits: trafficLimits(limits) }),
        ...(tenantLimits === undefined ? {} : { tenantLimits: trafficLimits(tenantLimits) }),
      })
    },
  })
  withoutGuard(upstream)
  return upstream
}

function trafficLimits({ maxConcurrent, ...perMinute }: NonNullable<ModelKeyConfiguration['limits']>): TrafficLimits {
  const limits = { concurrency: maxConcurrent, ...perMinute }
  return Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== undefined))
}
