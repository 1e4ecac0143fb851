import { PerdureError } from '../../errors/perdure-error.ts'
import type { CheckpointContent } from '../checkpoint-content.ts'
import type { GitRestore, LeftOut } from '../../domain/work-tree.ts'

/** A path that a restore left as it is, since no checkpoint holds what is there. */
export interface LeftAlone {
  /** A byte string. */
  readonly path: string
  /**
   * `not_saved`: the target does not hold it, since it was unreadable then, or it cannot be read now. `in_the_way`:
   * something that no checkpoint holds lies where a file belongs. `not_empty`: a folder that the target does not
   * have holds such things.
   */
  readonly reason: 'not_saved' | 'in_the_way' | 'not_empty'
}

/** Decides what a restore may touch: nothing is removed or replaced of which no checkpoint has a copy. */
export class RestoreRules {
  readonly git: GitRestore
  readonly leftAlone = new Map<string, LeftAlone>()
  readonly #untouchable: ReadonlySet<string>

  constructor({ git, target, leftOut }: { git: GitRestore; target: CheckpointContent; leftOut: readonly LeftOut[] }) {
    if (git !== 'keep' && target.about.policy.git !== 'all') {
      throw new PerdureError('invalid_request', `${target.id} holds no repositories, so they cannot be restored.`, {
        hint: 'Restore with git: keep, and save with git: all where repositories are to be restored.',
      })
    }
    this.git = git
    const absent = target.about.leftOut.filter(({ reason }) => reason !== 'changing' && reason !== 'special')
    const unreadable = leftOut.filter(({ reason }) => reason === 'unreadable')
    this.#untouchable = new Set([...absent, ...unreadable].map(({ path }) => path))
  }

  /** False for what must stay as it is, with all that is below. */
  mayTouch(path: string): boolean {
    if (this.git === 'keep' && path.endsWith('.git') && (path === '.git' || path.endsWith('/.git'))) return false
    if (!this.#untouchable.has(path)) return true
    this.leave(path, 'not_saved')
    return false
  }

  /** Git's objects never change; to be careful with them costs nothing. */
  mayRemoveIn(folder: string): boolean {
    return this.git !== 'restore' || !/(?:^|\/)\.git\/objects(?:\/|$)/.test(folder)
  }

  leave(path: string, reason: LeftAlone['reason']): void {
    if (!this.leftAlone.has(path)) this.leftAlone.set(path, { path, reason })
  }

  /** Whether the tree may differ here from the target when all is done. */
  mayDiffer(path: string): boolean {
    if (this.git === 'keep' && /(?:^|\/)\.git(?:\/|$)/.test(path)) return true
    if (!this.mayRemoveIn(path)) return true
    for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
      if (this.leftAlone.has(path.slice(0, end)) || this.#untouchable.has(path.slice(0, end))) return true
    }
    return false
  }
}
