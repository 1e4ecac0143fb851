import type { GitRestore } from '../../../src/domain/work-tree.ts'
// A process that saves or restores a work tree; in a restore it dies before the change that its task names.
import type { CheckpointId } from '../../../src/domain/checkpoint-id.ts'
import { restoreCheckpoint } from '../../../src/checkpoints/restore/restore-checkpoint.ts'
import { saveCheckpoint } from '../../../src/checkpoints/save-checkpoint.ts'
import type { ScanPolicy } from '../../../src/checkpoints/scan/scan-policy.ts'
import { WorkTree } from '../../../src/checkpoints/work-tree.ts'

export type TreeTask = SaveTask | RestoreTask

interface Places {
  readonly root: string
  readonly folder: string
}

/** To be killed from outside, at any moment. */
export interface SaveTask extends Places {
  readonly policy: ScanPolicy
}

export interface RestoreTask extends Places {
  readonly target: CheckpointId
  readonly git: GitRestore
  /** How many changes it may make; null: all. */
  readonly changesUntilDeath: number | null
}

const task = JSON.parse(process.argv[2]!) as TreeTask
const tree = new WorkTree(task)
if ('policy' in task) saveCheckpoint(tree, task)
else restore(task)
tree.close()

function restore({ target, git, changesUntilDeath }: RestoreTask): void {
  let changes = 0
  const beforeChange = (): void => {
    if (changes++ === changesUntilDeath) process.kill(process.pid, 'SIGKILL')
  }
  restoreCheckpoint(tree, { target, git, acceptGitWarnings: true, beforeChange })
}
