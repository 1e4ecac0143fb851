import type { StallTimeouts } from '../../gateway/traffic/with-stall-guard.ts'
import type { ModelConfiguration } from './configuration-schema.ts'

/** When an answer counts as stalled; undefined where the configuration leaves all of it open. */
export function stallTimeouts({ stall }: ModelConfiguration): StallTimeouts | undefined {
  const set = Object.entries(stall ?? {}).filter(([, timeoutMs]) => timeoutMs !== undefined)
  return set.length === 0 ? undefined : Object.fromEntries(set)
}
