import type { CheckpointId } from '../../domain/checkpoint-id.ts'
import type { GitRestore } from '../../domain/work-tree.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import { displayOf } from '../byte-string.ts'
import type { CheckpointContent } from '../checkpoint-content.ts'
import { diffTrees } from '../compare/diff-trees.ts'
import { objectsOfCheckpoint } from '../objects-of-checkpoint.ts'
import { saveCheckpoint, type SavedCheckpoint } from '../save-checkpoint.ts'
import type { WorkTree } from '../work-tree.ts'
import { TreeApplication } from './apply-tree.ts'
import { checkHardLinks } from './check-hard-links.ts'
import { Durability } from './durability.ts'
import { gitWarnings, type GitWarning } from './git-warnings.ts'
import { linkFiles, partFile, pathsToPart } from './link-files.ts'
import { OpenDirectory } from './open-directory.ts'
import { clearRestoreJournal, readRestoreJournal, writeRestoreJournal } from './restore-journal.ts'
import { RestoreRules, type LeftAlone } from './restore-rules.ts'
import { withParent } from './with-parent.ts'

export interface RestoreRequest {
  readonly target: CheckpointId
  /** What the work tree was last saved as: the safety checkpoint follows it. */
  readonly parent?: CheckpointId
  readonly git: GitRestore
  /** With `git: 'keep'`: go on although the repositories are elsewhere than the files will be. */
  readonly acceptGitWarnings: boolean
  /** Called before each change of the work tree. */
  readonly beforeChange?: () => void
}

export interface RestoredCheckpoint {
  /** The work tree as it was before. */
  readonly safety: CheckpointId
  readonly changes: number
  readonly leftAlone: readonly LeftAlone[]
  readonly warnings: readonly GitWarning[]
}

/**
 * Makes the work tree what a checkpoint holds. Whoever works in the tree must have been stopped before. What is there
 * now is saved first, and nothing is removed that could not be saved. When this is killed, the work tree is between the
 * two until it is called again.
 * @throws {PerdureError} `checkpoint_not_found`, `checkpoint_invalid`, `checkpoint_git_moved`, `checkpoint_failed`.
 */
export function restoreCheckpoint(tree: WorkTree, request: RestoreRequest): RestoredCheckpoint {
  const work = prepareRestore(tree, request)
  const { target, safety, rules, warnings, firstSafety } = work
  writeRestoreJournal(tree.folder, { target: target.id, safety: firstSafety ?? safety.id, git: request.git })
  const changes = changeWorkTree(tree, work)
  verify(tree, { target, rules })
  clearRestoreJournal(tree.folder)
  return { safety: firstSafety ?? safety.id, changes, leftAlone: [...rules.leftAlone.values()], warnings }
}

/**
 * All of a restore that comes before the first change of a file. Resolves to the work tree as it is now, saved.
 * @throws {PerdureError} what the restore would throw.
 */
export const rehearseRestore = (tree: WorkTree, request: RestoreRequest): SavedCheckpoint =>
  prepareRestore(tree, request).safety

function prepareRestore(tree: WorkTree, request: RestoreRequest): Work {
  const target = tree.contentOf(request.target)
  const begun = readRestoreJournal(tree.folder)
  const parent = begun?.safety ?? request.parent
  const safety = saveCheckpoint(tree, { policy: target.about.policy, ...(parent === undefined ? {} : { parent }) })
  const now = tree.contentOf(safety.id)
  // Before anything is touched: what cannot be put back whole is not begun.
  objectsOfCheckpoint(tree.store, { content: target, base: now })
  checkHardLinks(tree.store, target)
  const rules = new RestoreRules({ git: request.git, target, leftOut: safety.leftOut })
  const warnings = request.git === 'keep' ? gitWarnings(now.about.repositories, target.about.repositories) : []
  const isAccepted = request.acceptGitWarnings || begun?.target === target.id
  if (warnings.length > 0 && !isAccepted) throw gitMoved(warnings)
  return { request, target, now, safety, rules, warnings, firstSafety: begun?.safety }
}

interface Work {
  readonly request: RestoreRequest
  readonly target: CheckpointContent
  readonly now: CheckpointContent
  readonly safety: SavedCheckpoint
  readonly rules: RestoreRules
  readonly warnings: readonly GitWarning[]
  /** The work tree before a restore that was interrupted, and is done again. */
  readonly firstSafety: CheckpointId | undefined
}

function changeWorkTree(tree: WorkTree, { request, target, now, safety, rules }: Work): number {
  const beforeChange = request.beforeChange ?? (() => {})
  const replaced = new Set(pathsToPart(now.about.hardLinks, target.about.hardLinks).filter((p) => rules.mayTouch(p)))
  const durability = new Durability(tree.root)
  const root = OpenDirectory.open(tree.root)
  try {
    for (const path of replaced) {
      beforeChange()
      withParent(root, path, (place) => partFile(place.directory, place.name))
    }
    const application = new TreeApplication({ store: tree.store, rules, durability, beforeChange, replaced })
    application.apply({ directory: root, path: '', saved: safety.scan.root }, target.files)
    let links = 0
    for (const paths of target.about.hardLinks) links += joinPaths(root, { paths, rules, beforeChange })
    durability.finish()
    return application.changes + replaced.size + links
  } finally {
    root.close()
  }
}

function joinPaths(
  root: OpenDirectory,
  { paths, rules, beforeChange }: { paths: readonly string[]; rules: RestoreRules; beforeChange: () => void },
): number {
  const [first, ...others] = paths.filter((path) => !rules.mayDiffer(path))
  let links = 0
  for (const path of others) {
    beforeChange()
    withParent(root, first!, (from) => withParent(root, path, (to) => (links += linkFiles(from, to) ? 1 : 0)))
  }
  return links
}

/** The proof of the work: the tree is read again, and must be what the target says. */
function verify(tree: WorkTree, { target, rules }: { target: CheckpointContent; rules: RestoreRules }): void {
  const { root, hardLinks } = tree.scan(target.about.policy)
  tree.store.flush()
  const wrong = [...diffTrees(tree.store, { before: target.files, after: root.id })]
    .map(({ path }) => path)
    .filter((path) => !rules.mayDiffer(path))
  const linksThatCount = (groups: readonly (readonly string[])[]): string =>
    JSON.stringify(
      groups.map((paths) => paths.filter((path) => !rules.mayDiffer(path))).filter((paths) => paths.length > 1),
    )
  if (wrong.length === 0 && linksThatCount(hardLinks) === linksThatCount(target.about.hardLinks)) return
  throw new PerdureError('checkpoint_failed', 'The work tree is not what it should be after the restore.', {
    details: { paths: wrong.slice(0, 20).map(displayOf) },
  })
}

const gitMoved = (warnings: readonly GitWarning[]): PerdureError =>
  new PerdureError('checkpoint_git_moved', 'The files would go back, and a repository would not.', {
    details: { warnings: warnings.map((warning) => ({ ...warning, path: displayOf(warning.path) })) },
  })
