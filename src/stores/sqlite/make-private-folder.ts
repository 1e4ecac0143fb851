import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a folder for its owner alone, and those above it that are missing. Returns the first that it made,
 * or undefined when all were there. Node's own recursive way never returns where the system says ENOENT
 * below a folder that exists, as it does in `/proc`.
 * @throws what the system says, as Node's errors.
 */
export function makePrivateFolder(path: string): string | undefined {
  const parent = dirname(path)
  try {
    return makeOne(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === path) throw error
  }
  const first = makePrivateFolder(parent)
  const own = makeOne(path)
  return first ?? own
}

function makeOne(path: string): string | undefined {
  try {
    mkdirSync(path, { mode: 0o700 })
    return path
  } catch (error) {
    // Somebody else made it, now or long ago; the code differs where nothing may be written.
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return undefined
    throw error
  }
}
