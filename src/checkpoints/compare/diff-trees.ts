import type { ObjectStore } from '../objects/object-store.ts'
import { listDirectory, type ListedDirectory, type ListedEntry } from '../tree-listing.ts'

/** A path at which two trees differ. Folders are named when they come, go, or change their mode. */
export interface TreeDifference {
  /** A byte string; the root is the empty one. */
  readonly path: string
  readonly before?: ListedEntry
  readonly after?: ListedEntry
}

const nothing: ListedDirectory = { mode: 0, entries: new Map() }

/** Visits only folders that differ. */
export function* diffTrees(
  store: ObjectStore,
  { before, after }: { readonly before: string; readonly after: string },
): Generator<TreeDifference> {
  if (before !== after) yield* diffFolders(store, '', { before, after })
}

function* diffFolders(
  store: ObjectStore,
  path: string,
  { before, after }: { readonly before?: string | undefined; readonly after?: string | undefined },
): Generator<TreeDifference> {
  const was = before === undefined ? nothing : listDirectory(store, before)
  const is = after === undefined ? nothing : listDirectory(store, after)
  const folder = (id: string, mode: number): ListedEntry => ({ type: 'directory', id, mode })
  if (was.mode !== is.mode) {
    yield {
      path,
      ...(before === undefined ? {} : { before: folder(before, was.mode) }),
      ...(after === undefined ? {} : { after: folder(after, is.mode) }),
    }
  }
  for (const name of new Set([...was.entries.keys(), ...is.entries.keys()])) {
    const [old, current] = [was.entries.get(name), is.entries.get(name)]
    if (old?.id === current?.id && old?.mode === current?.mode && old?.type === current?.type) continue
    const child = path === '' ? name : `${path}/${name}`
    const folders = { before: idOfFolder(old), after: idOfFolder(current) }
    if (folders.before !== undefined || folders.after !== undefined) yield* diffFolders(store, child, folders)
    const files = { before: fileOrNothing(old), after: fileOrNothing(current) }
    if (files.before === undefined && files.after === undefined) continue
    yield {
      path: child,
      ...(files.before === undefined ? {} : { before: files.before }),
      ...(files.after === undefined ? {} : { after: files.after }),
    }
  }
}

const idOfFolder = (entry: ListedEntry | undefined): string | undefined =>
  entry?.type === 'directory' ? entry.id : undefined
const fileOrNothing = (entry: ListedEntry | undefined): ListedEntry | undefined =>
  entry?.type === 'directory' ? undefined : entry
