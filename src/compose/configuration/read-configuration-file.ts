import { readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { PerdureError } from '../../errors/perdure-error.ts'
import { checkConfiguration, invalid } from './check-configuration.ts'
import { homeOf } from './configuration-folder.ts'
import type { Configuration } from './configuration-schema.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** One file, checked, its paths resolved from its folder. @throws {PerdureError} `configuration_invalid`. */
export async function readConfigurationFile(path: string, environment: Environment): Promise<Configuration> {
  const value = path.endsWith('.json') ? await readJson(path) : await runModule(path)
  return resolvePaths(checkConfiguration(value, path), (written) =>
    written.startsWith('~/') ? join(homeOf(environment), written.slice(2)) : resolve(dirname(path), written),
  )
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    throw invalid({ from: path }, cause instanceof SyntaxError ? 'this is not JSON' : reasonOf(cause))
  }
}

/** Once in a process: a program’s modules do not change under it. */
async function runModule(path: string): Promise<unknown> {
  try {
    const module = (await import(pathToFileURL(path).href)) as { default?: unknown }
    if (module.default === undefined) throw invalid({ from: path }, 'it has no default export')
    return module.default
  } catch (cause) {
    throw PerdureError.is(cause) ? cause : invalid({ from: path }, `it cannot be run: ${reasonOf(cause)}`)
  }
}

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

function resolvePaths(configuration: Configuration, absolute: (path: string) => string): Configuration {
  const { model } = configuration
  if (model === undefined) return configuration
  const placed = <Placed extends { file?: string | undefined }>(place: Placed): Placed =>
    place.file === undefined ? place : { ...place, file: absolute(place.file) }
  const keys = Object.entries(model.keys ?? {}).map(([name, key]) => [name, placed(key)] as const)
  return {
    model: {
      ...model,
      ...(model.keys === undefined ? {} : { keys: Object.fromEntries(keys) }),
      ...(model.prices === undefined ? {} : { prices: absolute(model.prices) }),
      ...(model.gateway === undefined
        ? {}
        : { gateway: { ...model.gateway, tokenFrom: placed(model.gateway.tokenFrom) } }),
    },
  }
}
