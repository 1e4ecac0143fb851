import { existsSync } from 'node:fs'
import type { Configuration, ModelConfiguration } from './configuration-schema.ts'
import { environmentSettings } from './environment-settings.ts'
import { projectConfigurationFile, userConfigurationFile, type ConfigurationPlace } from './find-configuration.ts'
import { readConfigurationFile } from './read-configuration-file.ts'

/** One setting that is in effect, and who says so: a file's path, or the name of a variable. */
export interface EffectiveSetting {
  readonly name: string
  readonly value: unknown
  readonly from: string
}

export interface EffectiveConfiguration {
  readonly model: ModelConfiguration
  readonly settings: readonly EffectiveSetting[]
}

/**
 * The configuration that is in effect here: `PERDURE_*` before the project's file before the user's.
 * @throws {PerdureError} `configuration_invalid`, naming file and place.
 */
export async function loadConfiguration(place: ConfigurationPlace): Promise<EffectiveConfiguration> {
  const settings = new Map<string, EffectiveSetting>()
  const add = (configuration: Configuration, from: string): void => {
    for (const [name, value] of settingsIn(configuration, '')) settings.set(name, { name, value, from })
  }
  const user = userConfigurationFile(place.environment)
  if (existsSync(user)) add(await readConfigurationFile(user, place.environment), user)
  const project = projectConfigurationFile(place)
  if (project !== null) add(await readConfigurationFile(project, place.environment), project)
  for (const { variable, configuration } of environmentSettings(place.environment)) add(configuration, variable)
  return { model: modelOf(settings.values()), settings: [...settings.values()].toSorted(byName) }
}

const byName = (left: EffectiveSetting, right: EffectiveSetting): number => (left.name < right.name ? -1 : 1)

/** Taken whole from one place: half a key of one file and half of another would be nobody's. */
const isWhole = (name: string): boolean => /^model\.(keys\.[^.]+|gateway)$/.test(name)

function* settingsIn(value: object, prefix: string): Generator<readonly [string, unknown]> {
  for (const [key, member] of Object.entries(value) as [string, unknown][]) {
    const name = prefix + key
    if (member === undefined) continue
    if (typeof member === 'object' && member !== null && !isWhole(name)) yield* settingsIn(member, `${name}.`)
    else yield [name, member]
  }
}

function modelOf(settings: Iterable<EffectiveSetting>): ModelConfiguration {
  const root: Record<string, unknown> = {}
  for (const { name, value } of settings) {
    const path = name.split('.')
    const last = path.pop()!
    let target = root
    for (const step of path) target = (target[step] ??= {}) as Record<string, unknown>
    target[last] = value
  }
  return (root as Configuration).model ?? {}
}
