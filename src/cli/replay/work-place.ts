import { constants } from 'node:fs'
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

export interface WorkPlace {
  readonly workingDirectory: string
  readonly dataDirectory: string
  remove(): Promise<void>
}

export interface WorkPlaceFlags {
  readonly cwd?: string | undefined
  readonly tools?: string | undefined
  readonly 'data-dir'?: string | undefined
}

/**
 * Where a run is done again: in the folder that is named, else in a copy of this one, so that nothing here is
 * changed. Tools that do not work change nothing, and need no copy.
 */
export async function makeWorkPlace({ cwd, tools, 'data-dir': dataDirectory }: WorkPlaceFlags): Promise<WorkPlace> {
  const root = await mkdtemp(join(tmpdir(), 'perdure-replay-'))
  const copy = join(root, 'work')
  const isCopied = cwd === undefined && tools !== 'recorded'
  if (isCopied)
    await cp(process.cwd(), copy, { recursive: true, mode: constants.COPYFILE_FICLONE, verbatimSymlinks: true })
  else await mkdir(copy)
  return {
    workingDirectory: isCopied ? copy : resolve(cwd ?? '.'),
    dataDirectory: dataDirectory ?? join(root, 'sessions'),
    remove: () => rm(root, { recursive: true, force: true, maxRetries: 5 }),
  }
}
