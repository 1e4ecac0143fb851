import { PerdureError } from '../../errors/perdure-error.ts'
import type { CheckpointContent } from '../checkpoint-content.ts'
import type { ObjectStore } from '../objects/object-store.ts'
import { listDirectory, type ListedDirectory, type ListedEntry } from '../tree-listing.ts'

/**
 * What is said to be one file must be the same file everywhere in the tree: a checkpoint that came from elsewhere could
 * name paths outside. @throws {PerdureError} `checkpoint_invalid`.
 */
export function checkHardLinks(store: ObjectStore, { files, about }: CheckpointContent): void {
  const listed = new Map<string, ListedDirectory>()
  const list = (id: string): ListedDirectory => {
    const directory = listed.get(id) ?? listDirectory(store, id)
    listed.set(id, directory)
    return directory
  }
  const fileAt = (path: string): ListedEntry | undefined => {
    const names = path.split('/')
    let entry: ListedEntry | undefined = { type: 'directory', id: files, mode: 0 }
    for (const name of names) entry = entry?.type === 'directory' ? list(entry.id).entries.get(name) : undefined
    return entry?.type === 'file' || entry?.type === 'large_file' ? entry : undefined
  }
  for (const paths of about.hardLinks) {
    const [first, ...others] = paths.map(fileAt)
    const isOne = first !== undefined && others.every((other) => other?.id === first.id && other.mode === first.mode)
    if (!isOne) throw new PerdureError('checkpoint_invalid', 'The checkpoint calls one file what is none.')
  }
}
