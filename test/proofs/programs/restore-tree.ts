// A process that restores a work tree, and dies before the change that its task names.
import type { CheckpointId } from '../../../src/domain/checkpoint-id.ts'
import { restoreCheckpoint } from '../../../src/checkpoints/restore/restore-checkpoint.ts'
import type { GitRestore } from '../../../src/checkpoints/restore/restore-rules.ts'
import { WorkTree } from '../../../src/checkpoints/work-tree.ts'

export interface RestoreTask {
  readonly root: string
  readonly folder: string
  readonly target: CheckpointId
  readonly git: GitRestore
  /** How many changes it may make; null: all. */
  readonly changesUntilDeath: number | null
}

const { root, folder, target, git, changesUntilDeath } = JSON.parse(process.argv[2]!) as RestoreTask
const tree = new WorkTree({ root, folder })
let changes = 0
restoreCheckpoint(tree, {
  target,
  git,
  acceptGitWarnings: true,
  beforeChange: () => {
    if (changes++ === changesUntilDeath) process.kill(process.pid, 'SIGKILL')
  },
})
tree.close()
