import type { GitRestore } from '../../src/domain/work-tree.ts'
import { spawnSync, type SpawnSyncOptions } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CheckpointId } from '../../src/domain/checkpoint-id.ts'
import { restoreCheckpoint } from '../../src/checkpoints/restore/restore-checkpoint.ts'
import { saveCheckpoint } from '../../src/checkpoints/save-checkpoint.ts'
import { defaultScanPolicy, type ScanPolicy } from '../../src/checkpoints/scan/scan-policy.ts'
import { WorkTree } from '../../src/checkpoints/work-tree.ts'
import { changeTree } from './change-tree.ts'
import type { TreeTask } from './programs/work-on-tree.ts'
import { createDice } from './session-plan.ts'
import { differencesBetween, snapshotTree, type TreeSnapshot } from './snapshot-tree.ts'
import { inTrialFolder, type TrialFacts, type TrialOptions } from './trial.ts'

const program = fileURLToPath(new URL('programs/work-on-tree.ts', import.meta.url))

interface Point {
  readonly id: CheckpointId
  readonly snapshot: TreeSnapshot
}

/**
 * Turns of random, hostile changes, each saved; then the points in random order: restored, some by a process that is
 * killed on the way, and compared with what was there. @throws when anything differs.
 */
export async function proveCheckpoints(seed: number, options: TrialOptions = {}): Promise<TrialFacts> {
  return inTrialFolder(async (folder) => new CheckpointTrial(seed, folder).run(), options)
}

class CheckpointTrial {
  readonly #dice: ReturnType<typeof createDice>
  readonly #root: string
  readonly #folder: string
  readonly #places: { readonly root: string; readonly outside: string; readonly tripwire: string }
  readonly #git: GitRestore
  readonly #policy: ScanPolicy
  readonly #points: Point[] = []
  #tree: WorkTree
  #last: CheckpointId | undefined
  #kills = 0

  constructor(seed: number, folder: string) {
    this.#dice = createDice(seed)
    this.#root = join(folder, 'tree')
    this.#folder = join(folder, 'checkpoints')
    this.#places = { root: this.#root, outside: join(folder, 'outside'), tripwire: join(folder, 'tripwire') }
    this.#git = this.#dice.pick(['keep', 'exact'] as const)
    this.#policy = { ...defaultScanPolicy, git: this.#git === 'keep' ? 'state' : 'all' }
    mkdirSync(this.#root)
    mkdirSync(this.#places.outside)
    writeFileSync(join(this.#places.outside, 'file'), 'not of the tree')
    this.#tree = this.#open()
  }

  run(): TrialFacts {
    const turns = this.#dice.number(3, 7)
    for (let turn = 0; turn < turns; turn++) {
      changeTree(this.#dice, this.#places)
      this.#save()
    }
    const visits = this.#dice.number(3, 7)
    for (let visit = 0; visit < visits; visit++) {
      if (this.#dice.number(1, 10) <= 4) {
        changeTree(this.#dice, this.#places)
        this.#save()
      }
      this.#restore(this.#dice.pick(this.#points))
      if (existsSync(this.#places.tripwire)) throw new Error('A planted command was run.')
    }
    this.#tree.close()
    return { kills: this.#kills }
  }

  #save(): void {
    if (this.#dice.number(1, 4) === 1) this.#reopen()
    if (this.#dice.number(1, 6) === 1) this.#saveInVain()
    const parent = this.#last === undefined ? {} : { parent: this.#last }
    const { id } = saveCheckpoint(this.#tree, { policy: this.#policy, ...parent })
    this.#last = id
    this.#points.push({ id, snapshot: this.#snapshot() })
  }

  #restore({ id, snapshot }: Point): void {
    const unsavedBefore = this.#unsaved()
    if (this.#dice.number(1, 10) <= 3) {
      this.#restoreInVain(id)
      if (this.#dice.number(1, 10) <= 4) changeTree(this.#dice, this.#places)
    }
    const isSame = unsavedBefore === this.#unsaved()
    this.#keepingOutside(() => restoreCheckpoint(this.#tree, { target: id, git: this.#git, acceptGitWarnings: true }))
    this.#last = id
    const wrong = differencesBetween(snapshot, this.#snapshot())
    if (wrong.length > 0) throw new Error(`${wrong.length} paths are wrong (git: ${this.#git}): ${wrong.join('; ')}`)
    if (isSame && unsavedBefore !== this.#unsaved()) throw new Error('Something that was never saved was changed.')
  }

  /** By a process that dies, unless it has less to do than it was given to live. */
  #restoreInVain(target: CheckpointId): void {
    const changesUntilDeath = this.#dice.number(0, this.#dice.pick([3, 12, 40]))
    this.#work({ root: this.#root, folder: this.#folder, target, git: this.#git, changesUntilDeath })
  }

  /** By a process that is killed at some moment, be it before it has begun. */
  #saveInVain(): void {
    const killSignal = 'SIGKILL'
    this.#work(
      { root: this.#root, folder: this.#folder, policy: this.#policy },
      { timeout: this.#dice.number(80, 300), killSignal },
    )
  }

  #work(task: TreeTask, options: SpawnSyncOptions = {}): void {
    const run = () => spawnSync(process.execPath, [program, JSON.stringify(task)], options)
    const { status, signal, stderr } = this.#keepingOutside(run)
    if (signal === 'SIGKILL') this.#kills += 1
    else if (status !== 0) throw new Error(`The work failed: ${stderr.toString().slice(-2000)}`)
    this.#reopen()
  }

  #open(): WorkTree {
    return new WorkTree({ root: this.#root, folder: this.#folder })
  }

  #reopen(): void {
    this.#tree.close()
    this.#tree = this.#open()
  }

  #snapshot(): TreeSnapshot {
    return snapshotTree(this.#root, {
      isUnsaved: (name, isFolder) => (name === 'node_modules' && isFolder) || (name === '.git' && this.#git === 'keep'),
    })
  }

  /** All that no checkpoint holds. */
  #unsaved(): string {
    const { entries, unsaved } = this.#snapshot()
    const isUnsaved = (path: string): boolean => [...unsaved].some((top) => path === top || path.startsWith(`${top}/`))
    const lines = Array.from(entries, ([path, entry]) => (isUnsaved(path) ? `${path}: ${entry}` : ''))
    return lines.filter(Boolean).toSorted().join('\n')
  }

  #keepingOutside<Result>(work: () => Result): Result {
    const outside = (): string =>
      JSON.stringify([...snapshotTree(this.#places.outside, { isUnsaved: () => false }).entries])
    const before = outside()
    const result = work()
    if (before !== outside()) throw new Error('Something was written outside of the tree.')
    return result
  }
}
