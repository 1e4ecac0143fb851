import type { ConfigurationPlace } from './configuration/find-configuration.ts'
import type { EffectiveSetting } from './configuration/load-configuration.ts'
import { namedStorage } from './environment-storage.ts'
import { locateDataDirectory } from './locate-data-directory.ts'

/** Where sessions are kept, and which variable says so; without what may hold a password. */
export function storageInEffect(place: ConfigurationPlace): EffectiveSetting {
  const named = namedStorage(place.environment)
  if (named !== undefined) return { name: 'storage', value: named.kind, from: named.variable }
  const from = place.environment['PERDURE_DATA_DIR'] ? 'PERDURE_DATA_DIR' : 'the nearest .perdure folder'
  return { name: 'storage', value: `sqlite ${locateDataDirectory(place)}`, from }
}
