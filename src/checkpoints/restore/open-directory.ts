import { closeSync, constants, existsSync, lstatSync, openSync, fchmodSync, fstatSync } from 'node:fs'
import { bytesOf, textOf } from '../byte-string.ts'
import { permissionsOf } from '../scan/saved-tree.ts'

const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW
const hasHandlePaths = existsSync('/proc/self/fd')

/**
 * A folder that is held by a handle. Paths of its entries go through the handle where the system has such paths
 * (Linux), so that no link that is planted meanwhile leads them elsewhere, and no path is too long.
 */
export class OpenDirectory {
  readonly handle: number
  readonly #prefix: string

  private constructor(handle: number, prefix: string) {
    this.handle = handle
    this.#prefix = hasHandlePaths ? `/proc/self/fd/${handle}/` : prefix
  }

  static open(root: string): OpenDirectory {
    return new OpenDirectory(openSync(root, flags), `${textOf(root)}/`)
  }

  /** Fails when the name is no folder, or a link to one. */
  child(name: string): OpenDirectory {
    return new OpenDirectory(openSync(this.pathOf(name), flags), `${this.#prefix}${name}/`)
  }

  pathOf(name: string): Buffer {
    return bytesOf(this.#prefix + name)
  }

  statOf(name: string) {
    return lstatSync(this.pathOf(name), { bigint: true, throwIfNoEntry: false })
  }

  stat() {
    return fstatSync(this.handle, { bigint: true })
  }

  setMode(mode: number): void {
    if (permissionsOf(this.stat().mode) !== mode) fchmodSync(this.handle, mode)
  }

  close(): void {
    closeSync(this.handle)
  }
}
