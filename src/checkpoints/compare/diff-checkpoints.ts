import type { CheckpointId } from '../../domain/checkpoint-id.ts'
import type { FileChange, LineCounts } from '../../domain/work-tree.ts'
import { displayOf } from '../byte-string.ts'
import type { ObjectStore } from '../objects/object-store.ts'
import type { ListedEntry } from '../tree-listing.ts'
import type { WorkTree } from '../work-tree.ts'
import { countLines } from './count-lines.ts'
import { diffTrees, type TreeDifference } from './diff-trees.ts'

export interface CheckpointDiff {
  /** Sorted by path. Folders are not among them. */
  readonly changes: readonly FileChange[]
  /** How many more there are. */
  readonly more: number
}

interface Change {
  readonly type: FileChange['type']
  readonly path: string
  readonly from?: string
  readonly before?: ListedEntry
  readonly after?: ListedEntry
}

/** Which files differ between two checkpoints. A file that was moved as it was is renamed; one changed as well is new. */
export function diffCheckpoints(
  tree: WorkTree,
  { before, after, limit }: { readonly before: CheckpointId; readonly after: CheckpointId; readonly limit: number },
): CheckpointDiff {
  const { store } = tree
  const trees = { before: tree.contentOf(before).files, after: tree.contentOf(after).files }
  const changes = withRenames([...diffTrees(store, trees)].filter(isOfFile)).toSorted((a, b) =>
    a.path < b.path ? -1 : 1,
  )
  return {
    changes: changes.slice(0, limit).map((change) => describe(store, change)),
    more: Math.max(0, changes.length - limit),
  }
}

const isOfFile = ({ before, after }: TreeDifference): boolean => (after ?? before)?.type !== 'directory'

/** A file that went and a file of the same bytes that came are one file; empty ones are too alike. */
function withRenames(differences: readonly TreeDifference[]): Change[] {
  const gone = new Map<string, TreeDifference[]>()
  for (const difference of differences) {
    if (difference.before === undefined || difference.after !== undefined) continue
    const key = keyOf(difference.before)
    gone.set(key, [...(gone.get(key) ?? []), difference])
  }
  const moved = new Set<string>()
  const changes = differences
    .filter(({ after }) => after !== undefined)
    .map((difference): Change => {
      const { before, after } = difference
      if (before !== undefined) return { type: 'changed', ...difference }
      const source = after!.id === emptyBlob ? undefined : gone.get(keyOf(after!))?.shift()
      if (source === undefined) return { type: 'added', ...difference }
      moved.add(source.path)
      return { type: 'renamed', from: source.path, path: difference.path, before: source.before!, after: after! }
    })
  const deleted = differences.filter(({ after, path }) => after === undefined && !moved.has(path))
  return [...changes, ...deleted.map((difference): Change => ({ type: 'deleted', ...difference }))]
}

const emptyBlob = 'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391'
const keyOf = ({ type, id }: ListedEntry): string => `${type} ${id}`

function describe(store: ObjectStore, { type, path, from, before, after }: Change): FileChange {
  const isModeChanged = before?.type === 'file' && after?.type === 'file' && before.mode !== after.mode
  return {
    type,
    path: displayOf(path),
    ...(from === undefined ? {} : { from: displayOf(from) }),
    lines: linesBetween(store, { before, after }),
    ...(isModeChanged ? { mode: { before: before.mode, after: after.mode } } : {}),
  }
}

function linesBetween(
  store: ObjectStore,
  { before, after }: { before: ListedEntry | undefined; after: ListedEntry | undefined },
): LineCounts | null {
  if ([before, after].some((entry) => entry !== undefined && entry.type !== 'file')) return null
  if (before?.id === after?.id) return { added: 0, removed: 0 }
  const bytes = (entry: ListedEntry | undefined): Buffer =>
    entry === undefined ? Buffer.alloc(0) : store.read(entry.id, 'blob')
  return countLines(bytes(before), bytes(after))
}
