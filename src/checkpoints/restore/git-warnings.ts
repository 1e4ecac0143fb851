import type { RepositoryState } from '../checkpoint-content.ts'

/**
 * What a restore that keeps the repositories leaves behind in them. `head_moved`: the files go back, the branch does
 * not. `operation`: git is in the middle of a merge, or was: its next commit would join what does not belong together.
 * `missing` and `new`: the repository is there on one side alone.
 */
export interface GitWarning {
  readonly type: 'head_moved' | 'operation' | 'missing' | 'new'
  /** The folder of the repository, a byte string. */
  readonly path: string
  readonly now?: RepositoryState
  readonly target?: RepositoryState
}

export function gitWarnings(now: readonly RepositoryState[], target: readonly RepositoryState[]): GitWarning[] {
  const nowByPath = new Map(now.map((state) => [state.path, state]))
  const targetByPath = new Map(target.map((state) => [state.path, state]))
  const paths = [...new Set([...nowByPath.keys(), ...targetByPath.keys()])].toSorted()
  return paths.flatMap((path): GitWarning[] => {
    const [is, was] = [nowByPath.get(path), targetByPath.get(path)]
    if (is === undefined) return [{ type: 'missing' as const, path, ...(was === undefined ? {} : { target: was }) }]
    if (was === undefined) return [{ type: 'new' as const, path, now: is }]
    const states = { path, now: is, target: was }
    return [
      ...(is.head === was.head && is.branch === was.branch ? [] : [{ type: 'head_moved' as const, ...states }]),
      ...(is.operation === was.operation ? [] : [{ type: 'operation' as const, ...states }]),
    ]
  })
}
