import { chmodSync, constants, copyFileSync, linkSync, lchownSync, lstatSync } from 'node:fs'
import type { OpenDirectory } from './open-directory.ts'
import { replace } from './write-entry.ts'

type Groups = readonly (readonly string[])[]

/** Paths that are one file with others now, and with other ones, or none, in the target. */
export function pathsToPart(now: Groups, target: Groups): string[] {
  const keyOf = new Map(target.flatMap((paths) => paths.map((path) => [path, paths.join('\0')] as const)))
  return now.flatMap((paths) => paths.filter((path) => keyOf.get(path) !== paths.join('\0')))
}

/** Gives a path a file of its own, with the same bytes and mode. */
export function partFile(directory: OpenDirectory, name: string): void {
  const path = directory.pathOf(name)
  const stat = lstatSync(path)
  if (!stat.isFile() || stat.nlink < 2) return
  replace(directory, name, (temporary) => {
    copyFileSync(path, temporary, constants.COPYFILE_EXCL)
    if (process.geteuid?.() === 0) lchownSync(temporary, stat.uid, stat.gid)
    chmodSync(temporary, stat.mode & 0o7777)
  })
}

/** Makes two names one file. Both are files of the same bytes. Returns whether something had to be done. */
export function linkFiles(from: Place, to: Place): boolean {
  const [source, current] = [from.directory.statOf(from.name), to.directory.statOf(to.name)]
  if (source === undefined || !source.isFile() || (current?.ino === source.ino && current.dev === source.dev)) {
    return false
  }
  replace(to.directory, to.name, (temporary) => linkSync(from.directory.pathOf(from.name), temporary))
  return true
}

export interface Place {
  readonly directory: OpenDirectory
  readonly name: string
}
