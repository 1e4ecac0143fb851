/** What of a work tree is saved. It is part of each checkpoint, and a restore goes by that of its target. */
export interface ScanPolicy {
  /** Folders of these names are left out, wherever they are. */
  readonly excludedDirectories: readonly string[]
  /** Larger files are left out. */
  readonly maxFileBytes: number
  readonly git: GitScan
  /** Whether files named `.env` or `.env.…` are left out: they hold secrets. */
  readonly envFiles: 'save' | 'leave_out'
}

/**
 * What is saved of a repository's `.git`: its `state` (refs, index, logs, a merge under way: small files), or `all`
 * of it, which is needed to put a repository back.
 */
export type GitScan = 'state' | 'all'

export const defaultScanPolicy: ScanPolicy = {
  excludedDirectories: [
    '.perdure',
    'node_modules',
    '.venv',
    'venv',
    '__pycache__',
    '.mypy_cache',
    '.pytest_cache',
    '.ruff_cache',
    '.tox',
    'target',
    '.gradle',
    '.next',
    '.turbo',
  ],
  maxFileBytes: 4 * 2 ** 30,
  git: 'state',
  envFiles: 'save',
}

export const isEnvFile = (name: string): boolean => /^\.env(?:\.|$)/.test(name)

const stateFile =
  /^(?:HEAD|config|packed-refs|refs|index|logs|shallow|[A-Z_]*_HEAD|MERGE_\w+|SQUASH_MSG|AUTO_MERGE|BISECT_\w+|rebase-merge|rebase-apply|sequencer)$/

/** Whether this name directly in `.git` belongs to the state of a repository. */
export const isGitState = (name: string): boolean => stateFile.test(name)
