import type { CheckpointId } from '../../domain/checkpoint-id.ts'
import { textOf } from '../byte-string.ts'
import { listDirectory, type ListedEntry } from '../tree-listing.ts'
import type { WorkTree } from '../work-tree.ts'

const largestBytes = 4 * 2 ** 20
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of a file in a checkpoint; null where there is no such file, or none that is text. */
export function readText(tree: WorkTree, { id, path }: { id: CheckpointId; path: string }): string | null {
  let found: ListedEntry | undefined = { type: 'directory', id: tree.contentOf(id).files, mode: 0 }
  for (const name of textOf(path).split('/')) {
    if (found?.type !== 'directory') return null
    found = listDirectory(tree.store, found.id).entries.get(name)
  }
  if (found?.type !== 'file') return null
  const bytes = tree.store.read(found.id, 'blob')
  if (bytes.length > largestBytes || bytes.includes(0)) return null
  try {
    return utf8.decode(bytes)
  } catch {
    return null
  }
}
