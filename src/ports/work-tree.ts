import type { CheckpointId } from '../domain/checkpoint-id.ts'
import type { SessionId } from '../domain/ids.ts'
import type { FileChange, GitRestore, LeftOut, SavePolicy } from '../domain/work-tree.ts'

/** Finds the files of a session on this machine, and saves and restores them. */
export interface WorkTrees {
  open(place: WorkTreePlace): WorkTree
}

export interface WorkTreePlace {
  readonly sessionId: SessionId
  /** Absolute path of the folder that its agent works in. */
  readonly root: string
}

/**
 * The files that a session's agent works on, and their saved states. What is saved is in the session's storage as well,
 * so that any machine can restore it. Sessions that work in one folder may use it at the same time: their calls wait for
 * each other.
 */
export interface WorkTree {
  /**
   * Saves the tree as it is; durable here and in the storage when it resolves. A parent that is nowhere any more is
   * passed over. Without a policy it is saved as its parent was.
   * @throws {PerdureError} `working_directory_missing`, `work_tree_unsuitable`, `checkpoint_unfinished`, `checkpoint_failed`, `storage_failed`.
   */
  save(options: { parent: CheckpointId | null; policy?: SavePolicy }): Promise<SavedWorkTree>
  /**
   * Makes the tree what a checkpoint of the session holds, which is brought here from the storage where this machine lacks
   * it. A missing folder is made. What is there now is saved first. Whoever works in the tree must have been stopped.
   * @throws {PerdureError} `checkpoint_not_found`, `checkpoint_invalid`, `checkpoint_git_moved`, `checkpoint_failed`, `storage_failed`.
   */
  restore(id: CheckpointId, options: RestoreWorkTreeOptions): Promise<RestoredWorkTree>
  /**
   * All of a restore that comes before the first change of a file. Resolves to the tree as it is now, saved.
   * @throws {PerdureError} what `restore` would throw.
   */
  rehearse(id: CheckpointId, options: RestoreWorkTreeOptions): Promise<SavedWorkTree>
  /** Which files differ. @throws {PerdureError} `checkpoint_not_found`, `checkpoint_invalid`, `storage_failed`. */
  changes(before: CheckpointId, after: CheckpointId, options: { limit: number }): Promise<FileChanges>
  /**
   * The text of a file as a checkpoint holds it; null where there is no such file, or none that is text.
   * @throws {PerdureError} `checkpoint_not_found`, `checkpoint_invalid`, `storage_failed`.
   */
  readText(id: CheckpointId, path: string): Promise<string | null>
  /** Waits for what is under way, and lets go of the tree. */
  close(): Promise<void>
}

export interface SavedWorkTree {
  readonly id: CheckpointId
  /** Nothing had changed: this is the parent. */
  readonly isUnchanged: boolean
  /** What it follows; null when it is the first, or when the parent that was named could not be found. */
  readonly parent: CheckpointId | null
  /** At most a thousand paths, and how many there are. */
  readonly leftOut: readonly LeftOut[]
  readonly leftOutCount: number
}

export interface RestoreWorkTreeOptions {
  /** What the tree was last saved as, for the checkpoint that is made of it now. */
  readonly parent: CheckpointId | null
  readonly git: GitRestore
  /** With `git: 'keep'`: go on although a repository is elsewhere than the files will be. */
  readonly acceptGitWarnings: boolean
}

export interface RestoredWorkTree {
  /** The tree as it was before; restore it, and all is as it was. */
  readonly safety: CheckpointId
  /** How many files were touched. */
  readonly changes: number
  /** Paths that were left as they are, since no checkpoint holds what is there. */
  readonly leftAlone: readonly { readonly path: string; readonly reason: string }[]
  readonly warnings: readonly { readonly type: string; readonly path: string }[]
}

export interface FileChanges {
  readonly changes: readonly FileChange[]
  /** How many more there are. */
  readonly more: number
}
