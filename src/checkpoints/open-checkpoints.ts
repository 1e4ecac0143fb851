import type { CheckpointId } from '../domain/checkpoint-id.ts'
import { shownPath } from './byte-string.ts'
import type { RepositoryState } from './checkpoint-content.ts'
import type { CheckpointDiff } from './compare/diff-checkpoints.ts'
import type { GitWarning } from './restore/git-warnings.ts'
import type { RestoreJournal } from './restore/restore-journal.ts'
import type { LeftAlone } from './restore/restore-rules.ts'
import type { GitRestore, LeftOut } from '../domain/work-tree.ts'
import { defaultScanPolicy, type ScanPolicy } from './scan/scan-policy.ts'
import { fetchCheckpoint, sendCheckpoint, type Journey } from './travel/carry-checkpoint.ts'
import { CheckpointThread } from './worker/checkpoint-thread.ts'

export interface CheckpointsOptions {
  /** The work tree. */
  readonly root: string
  /** Where its checkpoints are kept; made when it is missing. Of one work tree alone. */
  readonly folder: string
  /** Of what is saved; what is left out is as in {@link defaultScanPolicy}. */
  readonly policy?: Partial<ScanPolicy>
}

export interface SaveOptions {
  /** The checkpoint that this one follows: the last one, or the one that was restored. */
  readonly parent?: CheckpointId
}

export interface RestoreOptions extends SaveOptions {
  /** What happens to repositories in the tree; `keep` when left out. */
  readonly git?: GitRestore
  /** Go on although a repository that is kept is elsewhere than the files will be. */
  readonly acceptGitWarnings?: boolean
}

export interface CheckpointSummary {
  readonly id: CheckpointId
  /** Nothing had changed: this is the parent, and nothing was written. */
  readonly isUnchanged: boolean
  readonly filesSeen: number
  readonly filesRead: number
  /** What it does not hold; at most a thousand of them. */
  readonly leftOut: readonly LeftOut[]
  readonly leftOutCount: number
}

export interface RestoreSummary {
  /** The work tree as it was before; restore it, and all is as it was. */
  readonly safety: CheckpointId
  readonly changes: number
  readonly leftAlone: readonly LeftAlone[]
  readonly warnings: readonly GitWarning[]
}

export interface CheckpointFacts {
  readonly id: CheckpointId
  readonly parent?: CheckpointId
  readonly createdAt: Date
  readonly policy: ScanPolicy
  readonly leftOut: readonly LeftOut[]
  readonly repositories: readonly RepositoryState[]
}

/**
 * The checkpoints of one work tree. All work is done in a thread of its own, one thing after the other. In answers, a
 * byte of a path that is no UTF-8 is written `\xff`. Several processes may use the folder: their operations wait for each other.
 */
export interface Checkpoints {
  /**
   * Saves the work tree as it is; durable when it resolves.
   * @throws {PerdureError} `working_directory_missing`, `checkpoint_unfinished`, `checkpoint_failed`.
   */
  saveCheckpoint(options?: SaveOptions): Promise<CheckpointSummary>
  /**
   * Makes the work tree what a checkpoint holds; whoever works in it must have been stopped. What is there now is saved
   * first. Killed on the way, it is finished by the same call.
   * @throws {PerdureError} `checkpoint_not_found`, `checkpoint_invalid`, `checkpoint_git_moved`, `checkpoint_failed`.
   */
  restoreCheckpoint(id: CheckpointId, options?: RestoreOptions): Promise<RestoreSummary>
  /** A restore that was interrupted, and must be run again before anything is saved. */
  unfinishedRestore(): Promise<RestoreJournal | null>
  /** Which files differ, at most `limit` of them (1,000). @throws {PerdureError} `checkpoint_not_found`, `checkpoint_invalid`. */
  diffCheckpoints(
    before: CheckpointId,
    after: CheckpointId,
    options?: { readonly limit?: number },
  ): Promise<CheckpointDiff>
  /** @throws {PerdureError} `checkpoint_not_found`, `checkpoint_invalid`. */
  readCheckpoint(id: CheckpointId): Promise<CheckpointFacts>
  /** Brings a checkpoint and those before it into a store. @throws {PerdureError} `checkpoint_not_found`, `storage_failed`. */
  sendCheckpoint(id: CheckpointId, journey: Journey): Promise<void>
  /** Brings it back, to any machine. @throws {PerdureError} `checkpoint_not_found`, `checkpoint_invalid`, `storage_failed`. */
  fetchCheckpoint(id: CheckpointId, journey: Journey): Promise<void>
  /** Waits for what is under way and ends the thread. */
  close(): Promise<void>
}

export function openCheckpoints({ root, folder, policy: wanted }: CheckpointsOptions): Checkpoints {
  const own = new CheckpointThread()
  const thread = own.of({ root, folder })
  const policy = { ...defaultScanPolicy, ...wanted }
  return {
    saveCheckpoint: async (options = {}) => {
      const { leftOut, ...saved } = await thread.ask('save', { policy, ...options })
      return { ...saved, leftOut: leftOut.map(shownPath) }
    },
    restoreCheckpoint: async (target, { git = 'keep', acceptGitWarnings = false, parent } = {}) => {
      const request = { target, git, acceptGitWarnings, ...(parent === undefined ? {} : { parent }) }
      const { leftAlone, warnings, ...restored } = await thread.ask('restore', request)
      return { ...restored, leftAlone: leftAlone.map(shownPath), warnings: warnings.map(shownPath) }
    },
    unfinishedRestore: () => thread.ask('unfinishedRestore', null),
    diffCheckpoints: (before, after, { limit = 1000 } = {}) => thread.ask('diff', { before, after, limit }),
    readCheckpoint: async (id) => {
      const { leftOut, repositories, ...facts } = await thread.ask('describe', id)
      return { ...facts, leftOut: leftOut.map(shownPath), repositories: repositories.map(shownPath) }
    },
    sendCheckpoint: (id, journey) => sendCheckpoint(thread, id, journey),
    fetchCheckpoint: (id, journey) => fetchCheckpoint(thread, id, journey),
    close: () => own.close(),
  }
}
