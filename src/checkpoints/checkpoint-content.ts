import { z } from 'zod'
import { checkpointIdOf, commitIdOf, type CheckpointId } from '../domain/checkpoint-id.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import { encodeTree, parseCommit } from './objects/git-object.ts'
import type { ObjectStore } from './objects/object-store.ts'
import { parseStoredJson } from './scan/tree-metadata.ts'

const leftOutSchema = z.strictObject({
  path: z.string(),
  reason: z.enum(['excluded', 'too_large', 'too_deep', 'special', 'unreadable', 'changing']),
})

const repositorySchema = z.strictObject({
  /** The folder that holds the `.git`. */
  path: z.string(),
  /** The branch that is checked out; absent when none is. */
  branch: z.string().optional(),
  /** The commit that is checked out; absent when there is none yet. */
  head: z.string().optional(),
  /** What git is in the middle of. */
  operation: z.enum(['merge', 'rebase', 'cherry_pick', 'revert', 'bisect']).optional(),
})

/** What one repository of the work tree was at. Paths are byte strings. */
export type RepositoryState = z.infer<typeof repositorySchema>

const aboutSchema = z.strictObject({
  version: z.literal(1),
  policy: z.strictObject({
    excludedDirectories: z.array(z.string()),
    maxFileBytes: z.int(),
    git: z.enum(['state', 'all']),
    envFiles: z.enum(['save', 'leave_out']).default('save'),
  }),
  leftOut: z.array(leftOutSchema),
  hardLinks: z.array(z.array(z.string()).min(2)),
  repositories: z.array(repositorySchema),
})

/** What a checkpoint says beside its files. */
export type About = z.infer<typeof aboutSchema>

export interface CheckpointContent {
  readonly id: CheckpointId
  readonly parent?: CheckpointId
  readonly createdAt: Date
  /** Tree of the work tree's root. */
  readonly files: string
  readonly about: About
  /** Tree of both: two checkpoints of the same state have the same. */
  readonly state: string
}

/** Puts the tree that a checkpoint's commit points to. */
export function putState(store: ObjectStore, { files, about }: { files: string; about: About }): string {
  const blob = store.put('blob', Buffer.from(JSON.stringify(about)))
  return store.put(
    'tree',
    encodeTree([
      { mode: '100644', name: 'about', id: blob },
      { mode: '40000', name: 'files', id: files },
    ]),
  )
}

/** @throws {PerdureError} `checkpoint_not_found`, `checkpoint_invalid`. */
export function readContent(store: ObjectStore, id: CheckpointId): CheckpointContent {
  const commitId = commitIdOf(id)
  if (!store.has(commitId)) throw new PerdureError('checkpoint_not_found', `There is no checkpoint ${id} here.`)
  const { tree: state, parent, createdAt } = parseCommit(store.read(commitId, 'commit'))
  const [about, files, ...others] = store.readTree(state)
  if (about?.name !== 'about' || files?.name !== 'files' || others.length > 0) {
    throw new PerdureError('checkpoint_invalid', `The checkpoint ${id} is not built as checkpoints are.`)
  }
  return {
    id,
    ...(parent === undefined ? {} : { parent: checkpointIdOf(parent) }),
    createdAt,
    files: files.id,
    about: parseStoredJson(aboutSchema, store.read(about.id, 'blob')),
    state,
  }
}

/** The objects of a checkpoint that are no files. */
export const ownObjectsOf = (store: ObjectStore, { id, state }: CheckpointContent): string[] => [
  commitIdOf(id),
  state,
  ...store.readTree(state).map((entry) => entry.id),
]
