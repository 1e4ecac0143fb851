import { checkpointIdOf, commitIdOf, type CheckpointId, type PackName } from '../domain/checkpoint-id.ts'
import { bytesOf, textOf } from './byte-string.ts'
import { putState, type About } from './checkpoint-content.ts'
import { encodeCommit } from './objects/git-object.ts'
import { writeDurably } from './objects/write-durably.ts'
import type { LeftOut } from '../domain/work-tree.ts'
import { readRepositoryState } from './scan/repository-state.ts'
import type { ScanPolicy } from './scan/scan-policy.ts'
import type { Scan } from './scan/scan-work-tree.ts'
import type { WorkTree } from './work-tree.ts'

export interface SaveRequest {
  readonly policy: ScanPolicy
  /** The checkpoint that this one follows. */
  readonly parent?: CheckpointId
  /** A tree with more files is not saved. */
  readonly maxFiles?: number
}

export interface SavedCheckpoint {
  readonly id: CheckpointId
  /** The parent's own id: nothing had changed, and nothing was written. */
  readonly isUnchanged: boolean
  readonly packs: readonly PackName[]
  readonly filesSeen: number
  readonly filesRead: number
  readonly leftOut: readonly LeftOut[]
  /** What the scan found, with the numbers of each file. */
  readonly scan: Scan
}

/**
 * Saves the work tree as it is. When this returns, the checkpoint survives a power failure.
 * @throws {PerdureError} `working_directory_missing`, `checkpoint_failed`, `checkpoint_not_found` for the parent.
 */
export function saveCheckpoint(tree: WorkTree, { policy, parent, ...limits }: SaveRequest): SavedCheckpoint {
  const { store } = tree
  const last = parent === undefined ? undefined : tree.contentOf(parent)
  const scan = tree.scan(policy, limits)
  const { filesSeen, filesRead, leftOut } = scan
  const root = textOf(tree.root)
  const about = {
    version: 1 as const,
    policy: inOneOrder(policy),
    leftOut: leftOut.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    hardLinks: scan.hardLinks.map((paths) => [...paths]),
    repositories: scan.repositories.toSorted().map((path) => readRepositoryState(root, path)),
  }
  const state = putState(store, { files: scan.root.id, about })
  const facts = { filesSeen, filesRead, leftOut: about.leftOut, scan }
  if (last !== undefined && last.state === state)
    return { id: last.id, isUnchanged: true, packs: store.flush(), ...facts }
  const parentId = parent === undefined ? {} : { parent: commitIdOf(parent) }
  const id = checkpointIdOf(store.put('commit', encodeCommit({ tree: state, ...parentId, createdAt: new Date() })))
  const packs = store.flush()
  keepReference(tree, id)
  return { id, isUnchanged: false, packs, ...facts }
}

/** The same policy is the same bytes. */
const inOneOrder = ({ excludedDirectories, maxFileBytes, git, envFiles }: ScanPolicy): About['policy'] => ({
  excludedDirectories: [...excludedDirectories].toSorted(),
  maxFileBytes,
  git,
  envFiles,
})

/** From now on the checkpoint counts. */
export function keepReference(tree: WorkTree, id: CheckpointId): void {
  writeDurably(tree.referenceOf(id), bytesOf(`${commitIdOf(id)}\n`))
}
