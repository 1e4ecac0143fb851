import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

const folderName = '.perdure'

export interface DataDirectoryQuestion {
  /** Named by the caller; wins over everything. */
  readonly named?: string | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly currentDirectory: string
}

/** Where sessions live: as named, else `PERDURE_DATA_DIR`, else the nearest `.perdure` upwards, else a new one here. */
export function locateDataDirectory({ named, environment, currentDirectory }: DataDirectoryQuestion): string {
  const given = named ?? (environment['PERDURE_DATA_DIR'] || undefined)
  if (given !== undefined) return resolve(currentDirectory, given)
  for (let folder = resolve(currentDirectory); ; folder = dirname(folder)) {
    const candidate = join(folder, folderName)
    if (existsSync(candidate)) return candidate
    if (dirname(folder) === folder) return join(resolve(currentDirectory), folderName)
  }
}
