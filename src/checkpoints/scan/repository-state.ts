import { lstatSync } from 'node:fs'
import type { RepositoryState } from '../checkpoint-content.ts'
import { bytesOf } from '../byte-string.ts'
import { readWhole, withOpenFile } from './read-file.ts'

const mostBytes = 16 * 2 ** 20

const operations = [
  ['MERGE_HEAD', 'merge'],
  ['rebase-merge', 'rebase'],
  ['rebase-apply', 'rebase'],
  ['CHERRY_PICK_HEAD', 'cherry_pick'],
  ['REVERT_HEAD', 'revert'],
  ['BISECT_LOG', 'bisect'],
] as const

/**
 * What a repository is at, read from its files: git would run what the repository's own settings say.
 * Both paths are byte strings.
 */
export function readRepositoryState(root: string, path: string): RepositoryState {
  const folder = `${path === '' ? root : `${root}/${path}`}/.git/`
  const head = readSmall(`${folder}HEAD`)?.trim()
  const branch = head?.startsWith('ref: refs/heads/') ? head.slice('ref: refs/heads/'.length) : undefined
  const commit = branch === undefined ? head : commitOfBranch(folder, branch)
  const operation = operations.find(([name]) => exists(folder + name))?.[1]
  return {
    path,
    ...(branch === undefined ? {} : { branch }),
    ...(commit !== undefined && /^[0-9a-f]{40,64}$/.test(commit) ? { head: commit } : {}),
    ...(operation === undefined ? {} : { operation }),
  }
}

function commitOfBranch(folder: string, branch: string): string | undefined {
  if (branch.split('/').includes('..')) return undefined
  const ref = `refs/heads/${branch}`
  const loose = readSmall(folder + ref)?.trim()
  if (loose !== undefined) return loose
  const line = readSmall(`${folder}packed-refs`)
    ?.split('\n')
    .find((line) => line.endsWith(` ${ref}`))
  return line?.slice(0, line.indexOf(' '))
}

function readSmall(path: string): string | undefined {
  try {
    return withOpenFile(bytesOf(path), (open) => readWhole(open, mostBytes).toString('latin1'))
  } catch {
    return undefined
  }
}

function exists(path: string): boolean {
  try {
    return lstatSync(bytesOf(path), { throwIfNoEntry: false }) !== undefined
  } catch {
    return false
  }
}
