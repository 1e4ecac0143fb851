import { permissionsOf } from '../scan/saved-tree.ts'
import type { Place } from './link-files.ts'
import type { OpenDirectory } from './open-directory.ts'

/** Uses the folder that holds a path, reached from the root through folders alone; its owner may write meanwhile. */
export function withParent(root: OpenDirectory, path: string, use: (place: Place) => void): void {
  const names = path.split('/')
  const opened: OpenDirectory[] = []
  try {
    for (const name of names.slice(0, -1)) opened.push((opened.at(-1) ?? root).child(name))
    const directory = opened.at(-1) ?? root
    const mode = permissionsOf(directory.stat().mode)
    directory.setMode(mode | 0o700)
    use({ directory, name: names.at(-1)! })
    directory.setMode(mode)
  } finally {
    for (const directory of opened) directory.close()
  }
}
