/** What became of one file between two saved states of a work tree. */
export interface FileChange {
  readonly type: 'added' | 'changed' | 'deleted' | 'renamed'
  /** Where the file is, or was when it was deleted; bytes that are no UTF-8 are written `\xff`. */
  readonly path: string
  /** Where a renamed file was. */
  readonly from?: string
  /** Null for what is no text, links included. */
  readonly lines: LineCounts | null
  /** Permission bits, where they changed. */
  readonly mode?: { readonly before: number; readonly after: number }
}

export interface LineCounts {
  readonly added: number
  readonly removed: number
}

/** What a checkpoint does not hold, and why. */
export interface LeftOut {
  /** From the root of the tree. */
  readonly path: string
  readonly reason: LeftOutReason
}

/**
 * `excluded`: by its name. `too_large`: by the limit of the policy. `too_deep`: in more folders than anybody needs. `special`: a pipe, socket or device, which is never
 * opened. `unreadable`: what it held at the checkpoint before stands in for it. `changing`: it was written while it
 * was read, and is saved as it was read.
 */
export type LeftOutReason = 'excluded' | 'too_large' | 'too_deep' | 'special' | 'unreadable' | 'changing'

/**
 * What a restore does to the user's repositories. `keep`: nothing in a `.git` is touched. `restore`: branches, index, logs
 * and whatever git was in the middle of are put back, and no object of git is removed. `exact`: all of `.git` is as it was.
 */
export type GitRestore = 'keep' | 'restore' | 'exact'

/** What of a work tree is saved, beyond what is usual. */
export interface SavePolicy {
  /** Folders of these names are left out too, wherever they are. */
  readonly exclude?: readonly string[]
  /** Of a repository's `.git`: its `state`, which is small (the default), or `all` of it, which is needed to put it back. */
  readonly git?: 'state' | 'all'
  /** Whether files named `.env` or `.env.…`, which hold secrets, are saved (the default) or left out. */
  readonly envFiles?: 'save' | 'leave_out'
  /** Larger files are left out. Default: 4 GiB. */
  readonly maxFileBytes?: number
  /** A tree with more files is not saved. Default: 200,000. */
  readonly maxFiles?: number
}
