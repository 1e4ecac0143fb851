import { constants } from 'node:fs'
import { cp, lstat, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { PerdureError } from '../../errors/perdure-error.ts'

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
  const remove = () => rm(root, { recursive: true, force: true, maxRetries: 5 })
  const copy = join(root, 'work')
  const isCopied = cwd === undefined && tools !== 'recorded'
  if (isCopied) {
    try {
      await copyFolder(process.cwd(), copy)
    } catch (cause) {
      await remove()
      throw new PerdureError('invalid_request', `This folder cannot be copied: ${PerdureError.from(cause).message}`, {
        hint: 'Name a folder to work in: --cwd <folder>.',
        cause,
      })
    }
  }
  return {
    workingDirectory: isCopied ? copy : resolve(cwd ?? '.'),
    dataDirectory: dataDirectory ?? join(root, 'sessions'),
    remove,
  }
}

/** All but sessions, and what is neither file, folder nor link. */
async function copyFolder(from: string, to: string): Promise<void> {
  const filter = async (path: string): Promise<boolean> => {
    if (basename(path) === '.perdure') return false
    const found = await lstat(path)
    return found.isFile() || found.isDirectory() || found.isSymbolicLink()
  }
  await cp(from, to, { recursive: true, mode: constants.COPYFILE_FICLONE, verbatimSymlinks: true, filter })
}
