import { spawnSync } from 'node:child_process'
import { fsyncSync } from 'node:fs'
import { PerdureError } from '../../errors/perdure-error.ts'

/** One by one up to here; each costs the disk a round. */
const mostSingly = 64

/** Makes durable what a restore writes: a little of it one by one, much of it all at once in the end. */
export class Durability {
  readonly #root: string
  #handles = 0

  constructor(root: string) {
    this.#root = root
  }

  add(handle: number): void {
    this.#handles += 1
    if (this.#handles <= mostSingly) fsyncSync(handle)
  }

  /** @throws {PerdureError} `checkpoint_failed`. */
  finish(): void {
    if (this.#handles <= mostSingly) return
    // Node has no syncfs; the command without its option syncs all file systems.
    for (const args of [['-f', this.#root], []]) {
      if (spawnSync('sync', args, { stdio: 'ignore' }).status === 0) return
    }
    throw new PerdureError('checkpoint_failed', 'What was restored could not be made durable: the command sync failed.')
  }
}
