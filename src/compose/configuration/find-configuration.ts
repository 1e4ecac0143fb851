import { existsSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { invalid } from './check-configuration.ts'
import { configurationFolder } from './configuration-folder.ts'

type Environment = Readonly<Record<string, string | undefined>>

export interface ConfigurationPlace {
  readonly environment: Environment
  readonly currentDirectory: string
}

const projectNames = ['perdure.config.ts', 'perdure.config.mjs', 'perdure.config.json']

export const userConfigurationFile = (environment: Environment): string =>
  join(configurationFolder(environment), 'config.json')

/**
 * The project's file: the one of `PERDURE_CONFIG` (`none`: none), else the nearest upwards. Null when there is none.
 * @throws {PerdureError} `configuration_invalid` when it is missing, or belongs to another user, or there are two.
 */
export function projectConfigurationFile({ environment, currentDirectory }: ConfigurationPlace): string | null {
  const named = environment['PERDURE_CONFIG']
  if (named === 'none') return null
  if (named) {
    const path = resolve(currentDirectory, named)
    if (!existsSync(path)) throw invalid({ from: 'PERDURE_CONFIG' }, `there is no file ${path}`)
    return path
  }
  for (let folder = resolve(currentDirectory); ; folder = dirname(folder)) {
    const found = projectNames.map((name) => join(folder, name)).filter((path) => existsSync(path))
    if (found.length > 1) throw invalid({ from: found[0]! }, `and ${found[1]!} are both here`, 'Keep one of them.')
    if (found[0] !== undefined) return requireOwn(found[0])
    if (dirname(folder) === folder) return null
  }
}

/** It can run code and say where keys go, so it must not be a stranger's who may write to a folder above. */
function requireOwn(path: string): string {
  const own = process.getuid?.()
  const { uid } = statSync(path)
  if (own === undefined || uid === own || uid === 0) return path
  throw invalid({ from: path }, 'the file belongs to another user', `If you trust it: export PERDURE_CONFIG=${path}`)
}
