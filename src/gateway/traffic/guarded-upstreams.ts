import type { ModelUpstream } from '../../ports/model-gateway.ts'
import type { CircuitOptions } from './circuit-breaker.ts'
import { TrafficControl, type TrafficSnapshot } from './traffic-control.ts'
import type { TrafficLimits } from './traffic-limits.ts'
import { withCircuitBreaker } from './with-circuit-breaker.ts'
import { withStallGuard, type StallTimeouts } from './with-stall-guard.ts'
import { withTraffic } from './with-traffic.ts'
import { withoutEchoes } from './without-echoes.ts'

export interface UpstreamGuard {
  /** Of the key as a whole. Default: none; the service's own signs are heeded always. */
  readonly limits?: TrafficLimits
  /** Of each tenant. Default: none. */
  readonly tenantLimits?: TrafficLimits
  readonly stall?: StallTimeouts
  readonly circuit?: CircuitOptions
}

/** By the upstream as it was given, and by the guarded one: neither is guarded twice. */
const guarded = new WeakMap<ModelUpstream, ModelUpstream>()
const controls = new WeakMap<ModelUpstream, TrafficControl>()

/**
 * The same upstream, guarded: it cannot hang, its limits are kept by all runs together, and while it fails it is
 * spared; nor does it tell anybody its key. There is one guard for each upstream object, as it was first asked for: an upstream stands for one key.
 */
export function guardedUpstream(upstream: ModelUpstream, guard: UpstreamGuard = {}): ModelUpstream {
  const known = guarded.get(upstream)
  if (known !== undefined) return known
  const { limits, tenantLimits, stall, circuit } = guard
  const control = new TrafficControl({
    ...(limits === undefined ? {} : { limits }),
    ...(tenantLimits === undefined ? {} : { tenantLimits }),
  })
  const made = withCircuitBreaker(withTraffic(withStallGuard(withoutEchoes(upstream), stall), control), circuit)
  for (const one of [upstream, made]) {
    guarded.set(one, made)
    controls.set(one, control)
  }
  return made
}

/** For an upstream that hands each request to one of several guarded ones, and needs no guard of its own. */
export function withoutGuard<Upstream extends ModelUpstream>(upstream: Upstream): Upstream {
  guarded.set(upstream, upstream)
  return upstream
}

/** What goes on at an upstream; undefined while nobody has guarded it. */
export const trafficOf = (upstream: ModelUpstream): TrafficSnapshot | undefined => controls.get(upstream)?.snapshot()
