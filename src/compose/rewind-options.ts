import type { CheckpointId } from '../domain/checkpoint-id.ts'
import type { GitRestore } from '../domain/work-tree.ts'
import type { RewoundSession } from '../runtime/rewind/rewind-session.ts'

export interface RewindOptions {
  /** The newest event that the session is to follow: its sequence number (0 is the beginning) or its id. */
  readonly to: number | string
  /** Whether the files become what they were, too. Default: true. */
  readonly files?: boolean
  /** What happens to git repositories among the files. Default: `keep`. */
  readonly git?: GitRestore
  /** With `git: 'keep'`: go on although a repository stays elsewhere than the files will be. */
  readonly acceptGitWarnings?: boolean
}

/** What a rewind did. */
export interface RewindReport {
  /** The event of the rewind, and the one that it went back to. */
  readonly sequence: number
  readonly to: number
  /** What was done to the files; null when they were left as they were. */
  readonly files: RewoundFiles | null
}

export interface RewoundFiles {
  readonly workingDirectory: string
  readonly checkpointId: CheckpointId
  /** The event of that checkpoint: within a turn, files are as old as this. */
  readonly savedAt: number
  /** The files as they were before the rewind: they can be had again by a rewind to an event before it. */
  readonly safetyCheckpointId: CheckpointId
  /** How many files were touched. */
  readonly changes: number
  /** Paths that stayed as they are, since no checkpoint holds what is there. */
  readonly leftAlone: readonly { readonly path: string; readonly reason: string }[]
  /** Repositories that are elsewhere than the files. */
  readonly warnings: readonly { readonly type: string; readonly path: string }[]
}

export const reportOf = ({ event, files }: RewoundSession): RewindReport => ({
  sequence: event.sequence,
  to: event.to_sequence,
  files:
    files === null
      ? null
      : {
          workingDirectory: event.working_directory,
          checkpointId: files.at.checkpointId,
          savedAt: files.at.sequence,
          safetyCheckpointId: files.safety,
          changes: files.changes,
          leftAlone: files.leftAlone,
          warnings: files.warnings,
        },
})
