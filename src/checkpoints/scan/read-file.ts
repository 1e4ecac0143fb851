import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { isSameStat, type EntryStat } from './saved-tree.ts'

export interface OpenFile {
  readonly file: number
  readonly stat: EntryStat
}

/**
 * Opens what was a plain file a moment ago. Should it be a link by now the open fails; should it be a pipe, nothing
 * waits for its other end.
 */
export function withOpenFile<Result>(path: Buffer, use: (open: OpenFile) => Result): Result | undefined {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const stat = fstatSync(file, { bigint: true })
    return stat.isFile() ? use({ file, stat }) : undefined
  } finally {
    closeSync(file)
  }
}

/** All bytes of an open file, at most `limit + 1` of them. */
export function readWhole({ file, stat }: OpenFile, limit: number): Buffer {
  let bytes = Buffer.allocUnsafe(Math.min(Number(stat.size), limit) + 1)
  for (let filled = 0; ;) {
    const count = readSync(file, bytes, filled, bytes.length - filled, null)
    filled += count
    if (count === 0 || filled > limit) return bytes.subarray(0, filled)
    if (filled === bytes.length) bytes = Buffer.concat([bytes], Math.min(bytes.length * 2, limit + 1))
  }
}

/** Whether the file is what it was when it was opened: nobody wrote to it meanwhile. */
export const isUntouched = ({ file, stat }: OpenFile): boolean => isSameStat(fstatSync(file, { bigint: true }), stat)
