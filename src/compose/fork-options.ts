import { readdir, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { SessionId } from '../domain/ids.ts'
import type { GitRestore } from '../domain/work-tree.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import { systemClock } from '../ports/clock.ts'
import type { ForkRequest } from '../runtime/fork-session.ts'
import { forkFiles } from '../runtime/rewind/fork-files.ts'
import { forkFolder } from './fork-folder.ts'
import type { OpenWorkspace } from './open-workspace.ts'

export interface ForkOptions {
  readonly title?: string
  /** Where it begins: the sequence number of an event, or its id. Default: at the newest event. */
  readonly at?: number | string
  /**
   * `own`: files of its own, as they were at that event. `shared`: both work in one folder. Default: `own` with `at` or
   * `workingDirectory`, unless the session's files were never saved; else `shared`.
   */
  readonly files?: 'own' | 'shared'
  /** Folder for its own files: empty, or missing. Default: a new one below the data directory, removed with the fork. */
  readonly workingDirectory?: string
  /** What its own files have of git repositories: `keep` is nothing. Default: all of them that was saved. */
  readonly git?: GitRestore
}

/**
 * How a fork comes to its files.
 * @throws {PerdureError} `invalid_request`; `working_directory_not_empty`.
 */
export async function filesOfFork(
  { stores, workTrees, dataDirectory }: OpenWorkspace,
  newId: SessionId,
  options: ForkOptions,
): Promise<NonNullable<ForkRequest['forkFiles']>> {
  const { files, git = null } = options
  if (options.workingDirectory !== undefined && files === 'shared') {
    throw new PerdureError('invalid_request', "Option workingDirectory goes with files: 'own'.")
  }
  const workingDirectory = resolve(options.workingDirectory ?? forkFolder(dataDirectory, newId))
  await refuseFilled(workingDirectory)
  const hasOwn = files === 'own' || options.workingDirectory !== undefined
  return async (origin) => {
    const wasSaved = origin.events.some(({ type }) => type === 'perdure.checkpoint_saved')
    const isDefault = files === undefined && options.at !== undefined && wasSaved
    if (!hasOwn && !isDefault) return null
    try {
      return await forkFiles({ stores, workTrees, clock: systemClock }, { ...origin, workingDirectory, git })
    } catch (error) {
      if (options.workingDirectory === undefined) await rm(workingDirectory, { recursive: true, force: true })
      throw error
    }
  }
}

async function refuseFilled(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw new PerdureError('working_directory_not_empty', `This is no folder for a fork: ${folder}`, { cause: error })
  })
  if (names.length === 0) return
  throw new PerdureError('working_directory_not_empty', `There is something in the folder of the fork: ${folder}`)
}
